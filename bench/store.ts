import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCondition } from '../src/flow/index.ts';
import { Ledger, Log, systemClock } from '../src/runtime/index.ts';
import { History, HistoryReader, HistoryWorkerSink } from '../src/store/index.ts';
import { FlowCorpus } from '../test/support/flow-corpus.ts';
import { type BenchRow, measureWork, rateRow } from './measure.ts';

export const title = 'flows into the history, and from it';

/** Two full files. */
const RECORDS = 262_144;
const LIMITS = { maxOctets: 10 * 2 ** 30, maxAgeMs: 7 * 86_400_000 };

export async function run(): Promise<BenchRow[]> {
  const place = await mkdtemp(join(tmpdir(), 'weir-bench-'));
  const corpus = new FlowCorpus({ records: RECORDS, startMs: Date.UTC(2026, 0, 1), distinct: RECORDS });
  const batches = [...corpus.batches()];
  let runs = 0;
  let directory = '';
  let processorMicros = 0;
  try {
    const kept = await measureWork(
      async () => {
        directory = join(place, String(runs++));
        const sink = new HistoryWorkerSink(
          'history',
          { directory, ...LIMITS },
          { ledger: new Ledger(), log: new Log(systemClock, () => {}) },
        );
        await sink.start();
        const start = performance.now();
        for (const batch of batches) await sink.write(batch);
        const acknowledgedMs = performance.now() - start;
        await sink.stop(60_000);
        return acknowledgedMs;
      },
      { runs: 3, warmup: 1 },
    );
    const asFiles = await measureWork(
      async () => {
        directory = join(place, String(runs++));
        await using history = await History.open({ directory, ...LIMITS, clock: systemClock });
        const [start, used] = [performance.now(), process.cpuUsage()];
        for (const batch of batches) await history.append(batch);
        await history.flush();
        const { user, system } = process.cpuUsage(used);
        processorMicros = user + system;
        return performance.now() - start;
      },
      { runs: 3, warmup: 0 },
    );
    let octets = 0;
    for (const name of await readdir(directory)) octets += (await stat(join(directory, name))).size;
    using reader = await HistoryReader.open(directory);
    let found = 0;
    const searched = await measureWork(
      async () => {
        found = 0;
        for await (const { rows } of reader.flows({ condition: parseCondition('port=5432 and proto=tcp') }))
          found += rows.length;
      },
      { runs: 3, warmup: 1 },
    );
    const { records } = await reader.stats();
    if (records !== RECORDS || found === 0 || found === RECORDS)
      throw new Error(`of ${RECORDS} records ${records} are kept, and ${found} found`);
    return [
      rateRow('acknowledged by the thread, while it makes files', 'records/s', RECORDS, kept),
      rateRow('as files, all of them', 'records/s', RECORDS, asFiles),
      { name: 'processor time, with all threads', median: processorMicros / RECORDS, unit: 'µs/record' },
      { name: 'on disk', median: octets / RECORDS, unit: 'octets/record' },
      rateRow('searched by port, and the found ones read', 'records/s', RECORDS, searched),
    ];
  } finally {
    await rm(place, { recursive: true });
  }
}
