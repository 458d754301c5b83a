import type { FlowBatch } from '../src/flow/index.ts';
import { FlowLogWorkerSink } from '../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../src/runtime/index.ts';
import { FlowCorpus } from '../test/support/flow-corpus.ts';
import { startLoki } from '../test/support/loki.ts';
import { until } from '../test/support/until.ts';
import type { BenchRow } from './measure.ts';

export const title = 'flows into a real Loki on the same machine, for a minute';

const SECONDS = 60;
/** Flows of the corpus, which is sent again and again, each time as of then. */
const ROUND = 30_000;

/** What a Loki must be told to take so much: docs/how-to/loki.md. */
const limits = {
  ingestion_rate_mb: 100,
  ingestion_burst_size_mb: 200,
  per_stream_rate_limit: '50MB',
  per_stream_rate_limit_burst: '100MB',
};

export async function run(): Promise<BenchRow[]> {
  await using loki = await startLoki({ limits });
  const ledger = new Ledger();
  const log = new Log(systemClock, (line) => process.stderr.write(`${line}\n`), 'warn');
  const sink = new FlowLogWorkerSink('bench', { url: loki.url }, { ledger, log });
  await sink.start();
  const batches = [...new FlowCorpus({ records: ROUND, startMs: Date.now() }).batches()];
  const startedAt = Date.now();
  const endsAt = startedAt + SECONDS * 1000;
  let written = 0;
  for (let roundAt = startedAt; Date.now() < endsAt; ) {
    for (const batch of batches) {
      await sink.write(batch);
      written += batch.length;
    }
    const now = Date.now();
    for (const batch of batches) moveOn(batch, now - roundAt);
    roundAt = now;
  }
  await sink.stop(120_000);
  const seconds = (Date.now() - startedAt) / 1000;
  const [lines] = ledger.accounts;
  if (lines!.sent !== written) throw new Error(`${written} flows were written: ${JSON.stringify(lines)}`);
  const isThere = async () => (await stored(loki)) === written;
  await until(`${written} lines in Loki`, isThere, { timeoutMs: 60_000 });
  return [
    {
      name: 'flow lines stored, none lost',
      unit: 'lines/s',
      median: written / seconds,
      target: { atLeast: 30_000 },
    },
  ];
}

/** The same flows so much later. */
function moveOn({ columns, length }: FlowBatch, ms: number): void {
  for (let row = 0; row < length; row++) {
    columns.flowStartMilliseconds[row]! += ms;
    columns.flowEndMilliseconds[row]! += ms;
  }
}

async function stored(loki: Awaited<ReturnType<typeof startLoki>>): Promise<number> {
  const [count] = await loki.query('sum(count_over_time({service_name="weir-flows"}[15m]))');
  return count?.value ?? 0;
}
