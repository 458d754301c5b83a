import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FlowBatch } from '../../src/flow/index.ts';
import { FlowLogSink } from '../../src/logs/index.ts';
import { Exposition } from '../../src/metrics/exposition/index.ts';
import { FlowSeries } from '../../src/metrics/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { FlowCorpus } from '../../test/support/flow-corpus.ts';
import { createBlocksFromOpenMetrics } from '../../test/support/promtool.ts';
import { TemporaryDirectory } from '../../test/support/temporary-directory.ts';

/** A minute more than the range of the rules. */
const HISTORY_SECONDS = 300;
const SCRAPE_SECONDS = 15;

/** Families that the rules of two-rules.ts need. */
const needed = /^weir_flow_(workload_(denied_flows|bytes)|policy_flows)_total\{/;

/** Five minutes of a cluster with this many flow records a second, which end now. */
function makeCorpus(recordsPerSecond: number): Iterable<FlowBatch> {
  return new FlowCorpus({
    records: recordsPerSecond * HISTORY_SECONDS,
    recordsPerSecond,
    startMs: Date.now() - HISTORY_SECONDS * 1000,
  }).batches();
}

/** The history as lines in a Loki. */
export async function logHistory(url: string, recordsPerSecond: number): Promise<void> {
  const ledger = new Ledger();
  const sink = new FlowLogSink(
    'loki',
    { url },
    { clock: systemClock, ledger, log: new Log(systemClock, () => {}) },
  );
  await sink.start();
  for (const batch of makeCorpus(recordsPerSecond)) await sink.write(batch);
  await sink.stop(120_000);
  const [account] = ledger.toJSON();
  if (account?.sent !== recordsPerSecond * HISTORY_SECONDS)
    throw new Error(`Loki has not taken all lines: ${JSON.stringify(account)}`);
}

/** The history as samples in the data directory of a Prometheus, every 15 s. Returns the number of series. */
export async function countHistory(dataDirectory: string, recordsPerSecond: number): Promise<number> {
  const parts = { clock: systemClock, ledger: new Ledger() };
  const series = new FlowSeries({ groupings: ['workload', 'policy'], seriesLimit: 200_000 }, parts);
  const page = new Exposition({ clock: systemClock, tables: series.tables, head: () => [] });
  const server = createServer((request, response) => void page.handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  using directory = new TemporaryDirectory();
  const samples = new Map<string, string[]>();
  const scrapeAt = async (timeMs: number) => {
    for (const line of (await pageAt(url)).split('\n')) {
      if (!needed.test(line)) continue;
      const end = line.lastIndexOf(' ');
      const name = line.slice(0, end);
      if (!samples.has(name)) samples.set(name, []);
      samples.get(name)!.push(`${line} ${timeMs / 1000}`);
    }
  };
  const recordsAScrape = recordsPerSecond * SCRAPE_SECONDS;
  const startMs = Date.now() - HISTORY_SECONDS * 1000;
  let counted = 0;
  for (const batch of makeCorpus(recordsPerSecond)) {
    for (let row = 0; row < batch.length; row++) {
      series.classify(0, batch, row, Date.now(), true, true);
      series.close(0);
      if (++counted % recordsAScrape === 0) await scrapeAt(startMs + (counted / recordsPerSecond) * 1000);
    }
  }
  server.closeAllConnections();
  server.close();
  const file = directory.file('history.txt');
  writeFileSync(file, `${openMetrics(samples)}# EOF\n`);
  rmSync(dataDirectory, { recursive: true, force: true });
  mkdirSync(dataDirectory, { recursive: true });
  await createBlocksFromOpenMetrics(file, dataDirectory);
  return samples.size;
}

/** Groups the series of each family. */
function openMetrics(samples: ReadonlyMap<string, readonly string[]>): string {
  const families = Map.groupBy(samples.keys(), (name) => name.slice(0, name.indexOf('_total{')));
  return [...families]
    .map(
      ([family, names]) =>
        `# TYPE ${family} counter\n${names.map((name) => `${samples.get(name)!.join('\n')}\n`).join('')}`,
    )
    .join('');
}

/** On a new connection: counting keeps the server from noticing that an idle one has timed out. */
function pageAt(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { agent: false, headers: { accept: 'text/plain' } };
    get(url, options, (response) => text(response).then(resolve, reject)).on('error', reject);
  });
}
