import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordToJson } from '../src/flow/index.ts';
import { JsonLines } from '../src/forward/index.ts';
import { FlowCorpus } from '../test/support/flow-corpus.ts';
import { cpuMsOf } from './ipfix/cpu-time.ts';
import { type BenchRow, measureInterleaved, rateRow, timesFaster } from './measure.ts';

export const title = 'flows as JSON lines in a file';

const records = 50_000;

export async function run(): Promise<BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'weir-bench-'));
  const file = join(directory, 'flows.jsonl');
  const batches = [...new FlowCorpus({ records, startMs: Date.UTC(2026, 0, 1) }).batches()];
  const sink = new JsonLines('json', file);
  await sink.start();
  let octetsBefore = 0;
  const writeColumns = async () => {
    for (const batch of batches) await sink.write(batch);
  };
  const stringifyRecords = () => {
    let octets = 0;
    for (const batch of batches)
      for (const record of batch) octets += Buffer.byteLength(`${JSON.stringify(recordToJson(record))}\n`);
    octetsBefore = octets;
  };
  try {
    const { columns, objects } = await measureInterleaved({
      columns: () => cpuMsOf(writeColumns),
      objects: () => cpuMsOf(stringifyRecords),
    });
    const { size } = await stat(file);
    if (octetsBefore === 0 || size % octetsBefore !== 0)
      throw new Error('the two ways write different octets');
    return [
      rateRow('from columns, written to a file', 'lines/CPU-s', records, columns, {
        ratio: timesFaster(columns, objects),
        against: 'JSON.stringify of an object a record, not written',
        target: { atLeast: 150_000 },
      }),
      rateRow('JSON.stringify of an object a record, not written', 'lines/CPU-s', records, objects),
    ];
  } finally {
    await sink.stop();
    await rm(directory, { recursive: true });
  }
}
