import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventsRoute, exportersRoute, flowsRoute, logqlRoute, RecentFlows } from '../../src/api/index.ts';
import { queryRoutes } from '../../src/api/query/index.ts';
import { batchOf, type FlowRecord, RuleAction } from '../../src/flow/index.ts';
import { healthRoutes, ledgerRoute, metricsRoute } from '../../src/http/index.ts';
import { QueryDesk } from '../../src/query/index.ts';
import { Ledger, systemClock } from '../../src/runtime/index.ts';
import { agentFile } from '../support/agent-file.ts';
import { TestBrowser, type WatchedPage } from '../support/browser.ts';
import { ConsoleServer } from '../support/console-server.ts';
import { keepEvents } from '../support/event-place.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { madeEvent } from '../support/made-event.ts';
import { madeExporters } from '../support/made-exporters.ts';
import { loadRules, readCounters } from '../support/nftables.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { type TwoNodes, twoNodes } from '../support/topology.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { aggregatorSkewMs, startWeir, weirProgram } from '../support/weir.ts';

/*
 * Two nodes with agents, an aggregator with a history and the console, and a real Chromium beside it. What
 * the pages show is compared with nftables' counters on the way of the packets.
 */

const PORT = 8080;
const DENIED_PORT = 9001;
const CONNECTIONS = 7;

/** Counts and denies on node b. */
const rules = `table inet counting {
  counter forth {}
  counter back {}
  chain forward {
    type filter hook forward priority 0
    tcp dport ${PORT} counter name forth
    tcp sport ${PORT} counter name back
    tcp dport ${DENIED_PORT} log group 7 prefix "drop shop/deny-all:rest" drop
  }
}`;

class World implements AsyncDisposable {
  readonly nodes: TwoNodes;
  readonly directory = new TemporaryDirectory();
  #browser: TestBrowser | undefined;
  /** What nftables counted. */
  counted = { forth: 0, back: 0 };

  constructor(nodes: TwoNodes) {
    this.nodes = nodes;
  }

  get octets(): number {
    return this.counted.forth + this.counted.back;
  }

  async start(): Promise<void> {
    const { a, b, aggregator } = this.nodes;
    await loadRules(b.node, rules);
    const configuration = {
      aggregatorTransportProtocol: 'tcp',
      activeFlowRecordTimeout: '2s',
      weir: {
        stateDirectory: this.directory.file('state'),
        sinks: [{ history: { directory: this.directory.file('history') } }],
      },
    };
    await startWeir(aggregator, 'aggregator', configuration, this.directory);
    for (const site of ['a', 'b'] as const) {
      const file = agentFile(this.nodes, site, { weir: { denied: { groups: [7] } } });
      await startWeir(this.nodes[site].node, 'agent', file, this.directory);
    }
    await new Promise((resolve) => setTimeout(resolve, aggregatorSkewMs));
    const host = b.clientAddress.v4;
    await using _server = await startTcpServer(b.client, { port: PORT, replyOctets: 30_000 });
    await exchangeTcp(a.client, { host, port: PORT, connections: CONNECTIONS, octets: 1_000 });
    await a.client.runSource(knock(host));
    const { forth, back } = await readCounters(b.node);
    this.counted = { forth: forth!.octets, back: back!.octets };
    await until('all octets in the history', async () => (await this.stored()) === this.octets);
    this.#browser = await TestBrowser.start({ namespace: aggregator });
  }

  /** Octets of the port, as the command line reads them from the same history. */
  async stored(): Promise<number> {
    const shown = await this.nodes.aggregator.run([
      ...[process.execPath, weirProgram, 'flows', '--from', 'history'],
      ...['--directory', this.directory.file('history'), '--since', '1h', '--port', `${PORT}`, '-o', 'json'],
    ]);
    const records = shown
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    return records.reduce(
      (sum, { octetDeltaCount = 0, reverseOctetDeltaCount = 0 }) =>
        sum + octetDeltaCount + reverseOctetDeltaCount,
      0,
    );
  }

  /** A page of the console, of somebody who has its link. */
  async open(search: string, visitor?: BrowserContext): Promise<WatchedPage> {
    const watched = await this.#browser!.openPage(visitor);
    const token = readFileSync(this.directory.file('state/console/token'), 'utf8').trim();
    await watched.page.goto(`http://127.0.0.1:10349/console/?token=${token}&${search}`);
    return watched;
  }

  newVisitor(): Promise<BrowserContext> {
    return this.#browser!.newVisitor();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser?.[Symbol.asyncDispose]();
    await this.nodes.close();
    this.directory[Symbol.dispose]();
  }
}

const knock = (host: string) => `
  import { connect } from 'node:net';
  const socket = connect({ host: '${host}', port: ${DENIED_PORT} }).on('error', () => {});
  setTimeout(() => socket.destroy(), 1_500);
`;

/** The policy of the page forbids Playwright's own waiting for functions. */
const shown = (page: Page, what: string, selector: string) =>
  until(what, async () => (await page.locator(selector).count()) > 0);

async function changeFilter(page: Page, text: string): Promise<void> {
  await page.getByLabel('filter', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

const countIn = async (page: Page, selector: string): Promise<number> =>
  Number(await page.locator(selector).first().getAttribute('data-count'));

requires(
  'namespaces',
  'nft',
  'chromium',
)('the pages of the console', () => {
  let world: World;
  beforeAll(async () => {
    world = new World(await twoNodes());
    await world.start();
  });
  afterAll(() => world[Symbol.asyncDispose](), 60_000);

  it('Flows lists the records, and their octets and those of its CSV are what nftables counted', async () => {
    await using watched = await world.open(`page=flows&from=1h&where=port=${PORT}`);
    const { page } = watched;
    await shown(page, 'rows', '.flow-table tr[data-row]');
    const lines = Number(await page.locator('.flow-table').getAttribute('aria-rowcount')) - 1;
    expect(lines).toBeGreaterThanOrEqual(CONNECTIONS);
    const started = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    const csv = readFileSync(await (await started).path(), 'utf8')
      .trimEnd()
      .split('\r\n');
    const columns = csv[0]!.split(',');
    const sumOf = (field: string) =>
      csv.slice(1).reduce((sum, row) => sum + Number(row.split(',')[columns.indexOf(field)]), 0);
    expect(csv).toHaveLength(1 + lines);
    expect(sumOf('octetDeltaCount')).toBe(world.counted.forth);
    expect(sumOf('reverseOctetDeltaCount')).toBe(world.counted.back);
  });

  it('Flows opens a flow with what both nodes counted, by keys alone', async () => {
    await using watched = await world.open(`page=flows&from=1h&where=port=${PORT}`);
    const { page } = watched;
    await shown(page, 'rows', '.flow-table tr[data-row]');
    await page.locator('tr[data-row="0"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await shown(page, 'the flow', '.flow-panel');
    const panel = await page.locator('.flow-panel').innerText();
    expect(panel).toContain('10.10.1.2 → 10.10.2.2');
    expect(panel).toMatch(/octetTotalCount\s+([\d,]+)\s+\1\s+\1/);
    expect(panel).toContain('IANA 85');
    await page.keyboard.press('Escape');
    await until('its end', async () => (await page.locator('.flow-panel').count()) === 0);
  });

  it('Flows follows new flows in two tabs by one stream', async () => {
    const { a, b } = world.nodes;
    const visitor = await world.newVisitor();
    const streams: string[] = [];
    visitor.on('request', (request) => {
      if (request.url().includes('follow=true')) streams.push(request.url());
    });
    await using first = await world.open('page=flows&live=yes', visitor);
    await using second = await world.open('page=flows&live=yes', visitor);
    await using _server = await startTcpServer(b.client, { port: 8085, replyOctets: 10 });
    await exchangeTcp(a.client, { host: b.clientAddress.v4, port: 8085, octets: 10 });
    for (const { page } of [first, second]) {
      await until('the new flow', async () =>
        (
          await page
            .locator('.flow-table')
            .innerText()
            .catch(() => '')
        ).includes('8085'),
      );
    }
    expect(streams).toHaveLength(1);
  });

  it('Now shows the octets that nftables counted, and who was denied by which policy', async () => {
    await using watched = await world.open(`where=port=${PORT},${DENIED_PORT}`);
    const { page } = watched;
    await shown(page, 'totals', '[data-measure="octets"]');
    const total = await countIn(page, '[data-measure="octets"]');
    const pairs = page.locator('section[aria-label="Busiest pairs"]');
    expect(await pairs.innerText()).toContain('10.10.1.2');
    const pair = Number(await pairs.locator('[data-count]').first().getAttribute('data-count'));
    expect(pair).toBe(total);
    const denied = page.locator('section[aria-label="Denied"]');
    await shown(page, 'a denial', 'section[aria-label="Denied"] li');
    expect(await denied.innerText()).toMatch(/10\.10\.1\.2\s*⇥[\s\S]*10\.10\.2\.2/);
    expect(await denied.innerText()).toContain('by shop/deny-all');
    expect(await page.locator('section[aria-label="New pairs"]').innerText()).toContain(
      'Weir runs only since',
    );
    expect(await page.locator('section[aria-label="Lost"]').innerText()).toContain('Nothing was lost');
    await changeFilter(page, `port=${PORT}`);
    await until(
      'the octets of the port',
      async () => (await countIn(page, '[data-measure="octets"]')) === world.octets,
    );
  });

  it('Now leads from each tile to the same flows', async () => {
    await using watched = await world.open(`where=port=${PORT}`);
    const { page } = watched;
    await shown(page, 'pairs', 'section[aria-label="Busiest pairs"] a.pair');
    await page.locator('section[aria-label="Busiest pairs"] a.pair').first().click();
    await shown(page, 'rows', '.flow-table tr[data-row]');
    expect(decodeURIComponent(page.url())).toContain(
      `port=${PORT}+and+source=10.10.1.2+and+destination=10.10.2.2`,
    );
  });

  it('Map without Kubernetes has prefixes, whose edge has the octets that nftables counted', async () => {
    await using watched = await world.open(`page=map&where=port=${PORT}`);
    const { page } = watched;
    await shown(page, 'an edge', '.map-edge');
    expect(await page.locator('.map-label').allTextContents()).toHaveLength(2);
    const edge = page.locator('.groups tbody tr').first();
    expect(await edge.innerText()).toMatch(/10\.10\.1\.0\/24[\s\S]*10\.10\.2\.0\/24/);
    expect(await countIn(page, '.groups tbody td[data-count]')).toBe(world.octets);
    await page.locator('.map-box').first().click();
    await shown(page, 'the open prefix', '.map-frame');
    expect(await page.locator('.map-label').allTextContents()).toContainEqual(
      expect.stringMatching(/10\.10\.[12]\.2/),
    );
    expect(await countIn(page, '.groups tbody td[data-count]')).toBe(world.octets);
  });

  it('Map draws denied edges as such', async () => {
    await using watched = await world.open('page=map');
    await shown(watched.page, 'a denied edge', '.map-edge.denied-edge');
  });

  it('Health shows each account of the ledger, and it balances', async () => {
    await using watched = await world.open('page=health');
    const { page } = watched;
    await shown(page, 'the ledger', '[data-hop="aggregator"]');
    const hops = await page
      .locator('[data-hop]')
      .evaluateAll((elements) =>
        elements.map((element) =>
          [...element.querySelectorAll('dd')].map((one) => Number(one.dataset.count)),
        ),
      );
    expect(hops.length).toBeGreaterThan(5);
    for (const [received, sent, dropped, held] of hops) expect(received).toBe(sent! + dropped! + held!);
    await shown(page, 'what an agent sees', '[data-exporter]');
    const rows = await page.locator('section[aria-label="exporters"] tbody tr').allTextContents();
    expect(rows.length).toBe(2);
    for (const row of rows) expect(row).toMatch(/Weir \d+\.\d+\.\d+ipfix/);
  });
});

/** Namespaces, workloads and policies as somebody may name them who wants to act in the console. */
const hostile = [
  '<img src=x onerror=alert(1)>',
  '<b>bold</b>',
  '"quoted" or 1=1',
  '__proto__',
  'Other',
  'null',
  '\u202egnp.exe',
  '=HYPERLINK("http://evil.example")',
  'm'.repeat(253),
];

const hostileExporters = madeExporters.map((one) => ({
  ...one,
  peerName: hostile[0],
  ...(one.state === undefined ? {} : { state: { ...one.state, name: hostile[6]!, software: hostile[1]! } }),
}));

requires('chromium')('names from the network', () => {
  it('are text on every page, and lead to their own flows', async () => {
    using place = new HistoryPlace();
    const history = await place.open();
    const nowMs = Date.now();
    const records: FlowRecord[] = hostile.map((name, number) => ({
      flowStartMilliseconds: nowMs - 1_000,
      flowEndMilliseconds: nowMs,
      sourceIP: `10.0.0.${number + 1}`,
      destinationIP: '10.0.1.1',
      destinationTransportPort: 443,
      protocolIdentifier: 6,
      octetDeltaCount: 1_000 + number,
      sourcePodNamespace: name,
      sourcePodName: name,
      destinationPodNamespace: 'shop',
      destinationPodName: 'web-0',
      ingressNetworkPolicyNamespace: name,
      ingressNetworkPolicyName: name,
      ingressNetworkPolicyRuleAction: RuleAction.drop,
    }));
    await history.append(batchOf(records));
    const ledger = new Ledger();
    const recent = new RecentFlows(systemClock, ledger, { windowMs: 600_000, maxOctets: 1_000_000 });
    recent.write(batchOf(records));
    await using queries = new QueryDesk(systemClock);
    const routes = {
      '/flows': flowsRoute(recent, systemClock, ledger),
      '/flows/logql': logqlRoute,
      ...ledgerRoute(ledger),
      ...healthRoutes({ isReady: true, problems: [], remarks: ['<b>not bold</b>'] }),
      ...metricsRoute(async (_, response) => {
        response.end('weir_build_info{version="<b>1</b>"} 1\n');
      }),
      ...queryRoutes({ clock: systemClock, history: () => place.directory, queries }),
      '/events': eventsRoute({ clock: systemClock, history: () => place.directory }),
      '/exporters': exportersRoute(() => hostileExporters, systemClock),
    };
    await keepEvents(
      place.directory,
      hostile.map((name) => madeEvent({ reason: name, objectName: name, message: name })),
    );
    await using server = await new ConsoleServer({ routes }).start();
    await using browser = await TestBrowser.start();
    await using watched = await browser.openPage();
    const { page } = watched;
    const places = {
      now: 'section[aria-label="Denied"] li',
      flows: 'tr[data-row]',
      'map&of=workloads': '.map-box',
      health: '[data-hop]',
    };
    for (const [name, selector] of Object.entries(places)) {
      await page.goto(`${server.link}&page=${name}`);
      await shown(page, name, selector);
      expect(await page.locator('main :is(b, img, script, iframe)').count(), name).toBe(0);
      if (name === 'health') continue;
      const text = (await page.locator('main').textContent())!;
      for (const one of ['<b>bold</b>', '__proto__', '\\u{202e}']) expect(text, name).toContain(one);
      expect(text, name).not.toContain('\u202e');
    }
    await page.goto(
      `${server.link}&page=flows&where=${encodeURIComponent(`sourcePod=${JSON.stringify('"quoted" or 1=1/"quoted" or 1=1')}`)}`,
    );
    await shown(page, 'the flow', 'tr[data-row]');
    expect(await page.locator('tr[data-row]').count()).toBe(1);
    await history.close();
  });
});
