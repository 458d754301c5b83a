/*
 * A program that fills a history until it is killed: node history-writer.ts DIRECTORY FIRST LOG. It writes
 * the number of a batch into the log, a file, as soon as the history has promised to keep it. Batch N has the
 * flows 10 N to 10 N + 9. Files are small, so that it is killed while it makes one, too.
 */
import { appendFileSync } from 'node:fs';
import { batchOf } from '../../src/flow/index.ts';
import { systemClock } from '../../src/runtime/index.ts';
import { History } from '../../src/store/index.ts';
import { MakerThread } from '../../src/store/making/index.ts';
import { numberedFlow } from './sink-under-test.ts';

const [directory, first, log] = process.argv.slice(2);
const history = await History.open({
  directory: directory!,
  maxOctets: 1e9,
  maxAgeMs: 1e9,
  clock: systemClock,
  fileRecords: 200,
  maker: new MakerThread(directory!, systemClock),
  onTrouble: (kind, text) => appendFileSync(log!, `trouble ${kind}: ${text}\n`),
});
for (let number = Number(first); ; number++) {
  const flows = Array.from({ length: 10 }, (_, i) =>
    numberedFlow(10 * number + i, { flowId: 10 * number + i }),
  );
  await history.append(batchOf(flows));
  appendFileSync(log!, `kept ${number}\n`);
}
