import { type FlowCondition, recordToJson } from '../flow/index.ts';
import { parseSince, WeirError } from '../runtime/index.ts';
import { type FlowsWanted, HistoryReader } from '../store/index.ts';
import { historyDirectory } from './history-directory.ts';
import { reportGaps, reportReach } from './history-reach.ts';
import { writeError } from './standard-error.ts';
import { writeLines } from './standard-output.ts';
import type { RecordPrinter } from './text/index.ts';

export interface StoredFlowsOptions {
  readonly directory?: string;
  readonly follow?: true;
  readonly last?: number;
  readonly since?: string;
}

const DEFAULT_LAST = 20;

/** Shows flows from the files of a history. No process needs to run. */
export async function showStoredFlows(
  condition: FlowCondition,
  { directory = historyDirectory(), follow, last, since }: StoredFlowsOptions,
  printer: RecordPrinter,
): Promise<void> {
  if (follow)
    throw new WeirError('WEIR_USAGE_FROM', 'a history does not follow flows: --follow is for the others', {
      remedy: 'Leave --follow out, or ask the running process without --from history.',
    });
  const sinceMs = since === undefined ? undefined : parseSince(since, Date.now());
  using reader = await HistoryReader.open(directory);
  await printStored(
    reader,
    { condition, sinceMs, last: last ?? (since === undefined ? DEFAULT_LAST : undefined) },
    printer,
  );
  if (sinceMs === undefined) return;
  const nowMs = Date.now();
  const { coveredFromMs, gaps } = await reader.coverage({ fromMs: sinceMs, toMs: nowMs }, nowMs);
  if (coveredFromMs === undefined) writeError('weir: the history is empty\n');
  else reportReach(coveredFromMs, sinceMs);
  reportGaps(gaps.filter(({ why }) => why !== 'before the history'));
}

/** Prints records, with the header, and reports what the reader had to leave out. */
export async function printStored(
  reader: HistoryReader,
  wanted: FlowsWanted,
  printer: RecordPrinter,
): Promise<void> {
  if (printer.header !== undefined) await writeLines([printer.header]);
  for await (const { batch, rows } of reader.flows(wanted))
    await writeLines(rows.map((row) => printer.line(recordToJson(batch.at(row)))));
  for (const notice of reader.notices) writeError(`weir: ${notice}\n`);
}
