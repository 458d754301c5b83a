import { globSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LogStore, logStores, type Sender } from '../../examples/observability/log-store.ts';
import { batchOf } from '../../src/flow/index.ts';
import type { LogReceiver } from '../support/flow-logger.ts';
import { startLoki } from '../support/loki.ts';
import { logFlows } from '../support/loki-flows.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { startVictoriaLogs } from '../support/victoria-logs.ts';

const example = new URL('../../examples/observability/run.ts', import.meta.url).pathname;

requires(
  'namespaces',
  'nft',
  'ethtool',
  'prometheus',
  'victoria-logs',
  'vmalert',
  'prometheus-alertmanager',
)('examples/observability', () => {
  let pictures: TemporaryDirectory;
  let files: TemporaryDirectory;

  beforeEach(() => {
    pictures = new TemporaryDirectory();
    files = new TemporaryDirectory();
  });

  afterEach(() => {
    pictures[Symbol.dispose]();
    files[Symbol.dispose]();
  });

  const start = (...options: string[]): Program =>
    new Program([process.execPath, example, ...options], { environment: { TMPDIR: files.path } });

  const expectNothingLeft = ({ pid }: Program) => {
    expect(readdirSync('/run/netns').filter((name) => name.startsWith(`weir-${pid}-`))).toEqual([]);
    expect(readdirSync(files.path)).toEqual([]);
    expect(commandLines().filter((line) => line.includes(files.path))).toEqual([]);
  };

  it('shows and draws both alerts firing and resolved, and leaves nothing behind', async () => {
    await using program = start('--usual', '30', '--pictures', pictures.path, '--once');
    const said = (await program.succeeds(280_000)).replace(/\n {10}(?=\S)/g, ' '); // long lines are broken
    const pages = [...said.matchAll(/^\d\d:\d\d:\d\d {2}PAGE {2}(\w+ {2}\w+) \(critical\)(.*)/gm)];
    const pagesOf = (alert: string, subject: string) =>
      pages
        .filter(([, page, of]) => page!.endsWith(alert) && of!.includes(subject))
        .map(([, page]) => page!.split(' ')[0]);
    expect(pagesOf('WeirClusterSilent', '')).toEqual(['firing', 'resolved']);
    expect(pagesOf('WeirLinkSaturated', 'node node-a')).toEqual(['firing', 'resolved']);
    expect(said).toMatch(/The cluster carries no traffic\. Its usual rate at this hour is \d/);
    expect(said).toMatch(/underlay of node node-a \(transmit\) was \d+/);
    expect(said).toMatch(
      /VictoriaLogs says who fills it: 10\.10\.1\.\d+ has sent \d+\.\d MB to 10\.10\.2\.\d+, UDP port 9000/,
    );

    const happened = ['page: firing', 'page: resolved', 'firing', 'resolved'];
    expect(Object.keys(momentsOf(`${pictures.path}/WeirClusterSilent.svg`)).sort()).toEqual(
      [...happened, 'traffic stops', 'traffic is back'].sort(),
    );
    const full = momentsOf(`${pictures.path}/WeirLinkSaturated.svg`);
    expect(Object.keys(full).sort()).toEqual([...happened, 'pending', 'flood begins', 'flood ends'].sort());
    const inOrder = ['flood begins', 'pending', 'firing', 'flood ends', 'resolved'].map((name) => full[name]);
    expect(inOrder).toEqual(inOrder.toSorted((one, other) => one! - other!));
    expectNothingLeft(program);
  });

  it('ends cleanly when it is interrupted', async () => {
    await using program = start();
    await program.says(/their minute a second/);
    expect(commandLines().filter((line) => line.includes(files.path)).length).toBeGreaterThan(4);
    const ended = await program.stop('SIGINT');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expectNothingLeft(program);
  });
});

requires('victoria-logs')('the query of examples/observability to VictoriaLogs', () => {
  it('finds the largest sender', async () => {
    await using server = await startVictoriaLogs();
    expect(await mostOf(logStores.victorialogs!, { url: server.url, server: 'victoriaLogs' })).toEqual(most);
  });
});

requires('loki')('the query of examples/observability to Loki', () => {
  it('finds the largest sender', async () => {
    await using server = await startLoki();
    expect(await mostOf(logStores.loki!, { url: server.url })).toEqual(most);
  });
});

const most: Sender = {
  sourceIP: '10.0.0.2',
  destinationIP: '10.244.0.1',
  destinationTransportPort: '443',
  protocol: 'TCP',
  octets: 6_000,
};

/** Logs a big flow, and two flows of another sender that are bigger together. */
async function mostOf(store: LogStore, receiver: LogReceiver): Promise<Sender | undefined> {
  const flows = [
    numberedFlow(1, { octetDeltaCount: 5_000 }),
    ...[40_001, 40_002].map((sourceTransportPort) =>
      numberedFlow(2, { sourceTransportPort, octetDeltaCount: 3_000 }),
    ),
  ];
  await logFlows(receiver, [batchOf(flows)]);
  return until('all lines', async () => {
    const sender = await store.biggestSender(receiver.url, 30);
    return sender && sender.octets > 5_000 ? sender : undefined;
  });
}

/** The moments that a picture marks, by name, with their place on the time axis. */
function momentsOf(file: string): Record<string, number> {
  const marks = readFileSync(file, 'utf8').matchAll(
    /<path d="M([\d.]+) [-\d.]+V\d+"[^>]*stroke-dasharray="2 3"\/><text[^>]*>([^<]+)</g,
  );
  return Object.fromEntries([...marks].map(([, x, name]) => [name!, Number(x)]));
}

/** For all processes. */
function commandLines(): string[] {
  return globSync('/proc/[0-9]*/cmdline').flatMap((file) => {
    try {
      return [readFileSync(file, 'utf8')];
    } catch {
      return []; // it has already ended
    }
  });
}
