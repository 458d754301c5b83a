/*
 * As history-writer.ts, of a history that has no room for long. Its time passes a thousand times as fast:
 * node history-retainer.ts DIRECTORY FIRST LOG. It always deletes something: records, and sums.
 */
import { appendFileSync } from 'node:fs';
import { batchOf } from '../../src/flow/index.ts';
import { History } from '../../src/store/index.ts';
import { ShiftedClock } from './shifted-clock.ts';
import { numberedFlow } from './sink-under-test.ts';

const SPEED = 1_000;
const BEGIN_MS = Date.UTC(2026, 10, 1);
class FastClock extends ShiftedClock {
  override now(): number {
    return BEGIN_MS + (super.now() - BEGIN_MS) * SPEED;
  }
}

const [directory, first, log] = process.argv.slice(2);
const history = await History.open({
  directory: directory!,
  maxOctets: 250_000,
  maxAgeMs: 1e12,
  clock: new FastClock(),
  fileRecords: 100,
  onTrouble: (kind, text) => appendFileSync(log!, `trouble ${kind}: ${text}\n`),
});
for (let number = Number(first); ; number++) {
  const flows = Array.from({ length: 10 }, (_, i) =>
    numberedFlow(10 * number + i, { flowId: 10 * number + i }),
  );
  await history.append(batchOf(flows));
  appendFileSync(log!, `kept ${number}\n`);
}
