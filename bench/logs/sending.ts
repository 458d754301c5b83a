import type { FlowBatch } from '../../src/flow/index.ts';
import { type FlowLogOptions, FlowLogWorkerSink } from '../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';

const MOST_MS_TO_STOP = 120_000;

/**
 * Logs flows by a sink in its own thread.
 * @returns their number
 * @throws when the server has not taken all
 */
export async function sendAll(options: FlowLogOptions, batches: Iterable<FlowBatch>): Promise<number> {
  const ledger = new Ledger();
  const log = new Log(systemClock, (line) => process.stderr.write(`${line}\n`), 'warn');
  const sink = new FlowLogWorkerSink('bench', options, { ledger, log });
  await sink.start();
  let flows = 0;
  for (const batch of batches) {
    await sink.write(batch);
    flows += batch.length;
  }
  await sink.stop(MOST_MS_TO_STOP);
  const [lines] = ledger.accounts;
  if (lines!.sent !== flows) throw new Error(`${flows} flows were written: ${JSON.stringify(lines)}`);
  return flows;
}
