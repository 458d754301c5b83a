import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { QueryAnswer } from '../../src/query/contract/index.ts';
import { weirCommand, weirWithConsole } from '../cli/weir.ts';
import { TestBrowser } from '../support/browser.ts';
import type { NetworkNamespace } from '../support/namespace.ts';
import { loadRules, readCounters } from '../support/nftables.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { loneHost } from '../support/topology.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';

const ports = [8001, 8002, 8003];
/** For connections that only show whether Weir watches. */
const FIRST_PORT = 8000;

/** Counts each packet once, where it is sent. */
const counting = `
  table inet count {
    counter octets {}
    chain sent {
      type filter hook output priority 0
      tcp dport { ${ports.join()} } counter name octets
      tcp sport { ${ports.join()} } counter name octets
    }
  }`;

/** `weir up` on a terminal of a host, with a state of its own, and the link that it shows there. */
async function startOnTerminal(host: NetworkNamespace, place: TemporaryDirectory) {
  const command = `stty cols 200 rows 30; exec ${weirWithConsole('up', '--history', place.file('history')).join(' ')}`;
  const terminal = host.start(['script', '-qec', command, '/dev/null'], {
    environment: {
      TERM: 'xterm',
      NO_COLOR: '1',
      WEIR_STATE: place.file('state'),
    },
  });
  const [link] = await terminal.says(/http:\/\/\S+\/console\/\?token=[\w%.-]+/);
  const { origin } = new URL(link!);
  await startTcpServer(host, { port: FIRST_PORT });
  await until('weir to watch connections', async () => {
    await exchangeTcp(host, { host: '127.0.0.1', port: FIRST_PORT, octets: 1 });
    return (await host.fetch(`${origin}/flows?port=${FIRST_PORT}`)).body.includes('127.0.0.1');
  });
  return { terminal, link: link!, origin };
}

/** The counts that stand in a page, read off the marks or cells of a selector. */
async function sumOnPage(page: Page, selector: string): Promise<bigint> {
  const counts = await page
    .locator(selector)
    .evaluateAll((elements) => elements.map((element) => element.getAttribute('data-count')!));
  expect(counts.length).toBeGreaterThan(0);
  return counts.reduce((sum, count) => sum + BigInt(count), 0n);
}

requires(
  'namespaces',
  'nft',
  'chromium',
)('the console of weir up', () => {
  it('shows newcomers their own traffic within five seconds of its records, and filters it by a click', async () => {
    using place = new TemporaryDirectory();
    await using host = await loneHost();
    await startTcpServer(host, { port: 8001, replyOctets: 3_000 });
    const { terminal, link, origin } = await startOnTerminal(host, place);
    await using _terminal = terminal;
    await using browser = await TestBrowser.start({ namespace: host });
    await using watched = await browser.openPage();
    const { page } = watched;
    await page.goto(link);
    await page.waitForSelector('main');
    expect(page.url()).not.toContain('token');

    await page.goto(`${origin}/console/?page=explore&by=destinationAddress,destinationPort`);
    const row = page.locator('tbody tr', { hasText: /8001/ });
    const delaysMs: number[] = [];
    for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) {
      await exchangeTcp(host, { host: address, port: 8001, octets: 1_000 });
      await until('its record', async () => {
        const { status, body } = await host.fetch(`${origin}/flows?dst=${address}`);
        return status === 200 && body.includes(address);
      });
      const begun = performance.now();
      await until('its row', async () => {
        await page.locator('main').press('r');
        await page.getByRole('button', { name: 'Refresh' }).waitFor();
        return (await row.filter({ hasText: address }).count()) > 0;
      });
      delaysMs.push(performance.now() - begun);
    }
    expect(Math.min(...delaysMs)).toBeLessThan(5_000);

    await page.locator('.picture .node[aria-label*="127.0.0.3"]').click();
    await until('a filter', () => new URL(page.url()).searchParams.get('where') !== null);
    expect(new URL(page.url()).searchParams.get('where')).toBe('destinationAddress=127.0.0.3');
    await until('one row', async () => (await row.count()) === 1);
    expect(await row.textContent()).toContain('127.0.0.3');
  });

  it('draws to the octet what nftables and weir query count, in each picture and its table', async () => {
    using place = new TemporaryDirectory();
    await using host = await loneHost();
    await loadRules(host, counting);
    for (const port of ports) await startTcpServer(host, { port, replyOctets: 3_000 * (port % 10) });
    const { terminal, link, origin } = await startOnTerminal(host, place);
    await using _terminal = terminal;
    for (const [at, port] of ports.entries())
      for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'].slice(at))
        await exchangeTcp(host, { host: address, port, octets: 1_000 * (at + 1), connections: 3 });

    await using browser = await TestBrowser.start({ namespace: host });
    await using watched = await browser.openPage();
    const { page } = watched;
    await page.goto(link);
    const counted = async () => BigInt((await readCounters(host)).octets!.octets);
    const open = async (search: string) => {
      await page.goto(`${origin}/console/?page=explore&top=5&where=port=${ports.join()}${search}`);
      await page.waitForSelector('main tfoot td[data-count], main .no-flows');
    };
    const by = '&by=destinationAddress,destinationPort';
    await until('all octets in the table', async () => {
      await open(by);
      const total = page.locator('tfoot td[data-count]');
      if ((await total.count()) === 0) return false;
      return BigInt((await total.getAttribute('data-count'))!) === (await counted());
    });

    for (const [picture, marks] of [
      ['sankey', '.link[data-mark]'],
      ['chord', '.ribbon[data-mark]'],
      ['matrix', '.cell[data-mark]'],
      ['stacked', '.area[data-mark]'],
      ['lines', '.line[data-mark]'],
      ['heat', 'g[data-mark]'],
    ] as const) {
      await open(`${by}&picture=${picture}`);
      await page.waitForSelector(`main ${marks}`, { state: 'attached' });
      expect(await sumOnPage(page, `main ${marks}`), picture).toBe(await counted());
      expect(await sumOnPage(page, 'main tbody td[data-count]'), picture).toBe(await counted());
      expect(await page.locator('main tbody .rest').textContent(), picture).toMatch(/^Other: 4 more/);
      if (!['stacked', 'lines', 'heat'].includes(picture)) continue;
      await page.locator('.buckets summary').click();
      await page.waitForSelector('.buckets tbody td');
      expect(await sumOnPage(page, '.buckets tbody td[data-count]'), picture).toBe(await counted());
    }

    await open(`${by}&picture=sankey`);
    const command = (await page.locator('.command code').textContent())!;
    const printed = await host.run([
      'sh',
      '-c',
      `${weirCommand().join(' ')} ${command.replace(/^weir /, '')} --from history --directory ${place.file('history')} -o json`,
    ]);
    const { totals, groups } = JSON.parse(printed) as QueryAnswer;
    expect(BigInt(totals[0]!)).toBe(await counted());
    const rows = await page
      .locator('main tbody td[data-count]')
      .evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-count')));
    expect(rows).toEqual(groups.map((group) => String(group.totals[0])));
  });
});
