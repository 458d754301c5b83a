import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, withDeadline } from '../runtime/index.ts';
import type { BatchOutlet } from './batch-outlet.ts';
import type { FlowReporter } from './flow-reporter.ts';
import type { FlowTable } from './flow-table.ts';

/** Flows handled in one turn of the event loop: some milliseconds. */
const FLOWS_A_TURN = 1024;

export interface DrainParts {
  readonly clock: Clock;
  readonly table: FlowTable;
  readonly reporter: FlowReporter;
  readonly outlet: BatchOutlet;
}

/**
 * Reports what is new of all flows and removes them, in slices between which the event loop turns.
 * @param patienceMs how long to wait for room in the sinks
 */
export async function drainTable(
  { clock, table, reporter, outlet }: DrainParts,
  patienceMs: number,
): Promise<void> {
  const patientUntil = clock.monotonic() + patienceMs;
  const now = clock.now();
  let flows = 0;
  for (const row of table.rows()) {
    reporter.seekCounterpart(row);
    if (++flows % FLOWS_A_TURN === 0) await nextTurn();
  }
  reporter.gather();
  for (const row of table.rows()) {
    reporter.remove(row, 'stop', now);
    if (++flows % FLOWS_A_TURN !== 0) continue;
    reporter.settle(now);
    await nextTurn();
    const leftMs = patientUntil - clock.monotonic();
    if (leftMs > 0) await withDeadline(clock, outlet.room(), leftMs).catch(() => {});
    reporter.gather();
  }
  reporter.settle(now);
  reporter.flush();
}
