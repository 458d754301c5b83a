import {
  FlowFilter,
  missedRecordsLine,
  type NamespaceReader,
  noCondition,
  RecordLines,
  rowsIn,
  viewFor,
} from '../flow/index.ts';
import { printableJson } from '../runtime/index.ts';
import { type FlowsWanted, type FoundRows, HistoryReader } from '../store/index.ts';

/** A part of an answer: records as newline-delimited JSON. */
export interface RecordsPart {
  readonly text: Uint8Array;
  /** How many there are in the text. It may have other lines. */
  readonly records: number;
  /** When the oldest record of the history was stored, in milliseconds since 1970; undefined without any. */
  readonly reachesBackToMs: number | undefined;
}

/** What ends an answer. */
export interface RecordsEnd {
  /** What of the history could not be read, for people who may know all. */
  readonly notices: readonly string[];
}

/** A part ends at so much text. */
const MOST_OCTETS = 262_144;

/**
 * Reads records of a history, in this thread, the oldest first. At the end a line names each file that could
 * not be read.
 * @param reader who may read what; undefined: all
 * @param hand takes a part, of which the text is valid until it resolves. The first part is empty.
 * @throws {WeirError} WEIR_HISTORY_…
 * @throws what the signal says
 */
export async function readStoredRecords(
  directory: string,
  wanted: FlowsWanted,
  signal: AbortSignal,
  reader: NamespaceReader | undefined,
  hand: (part: RecordsPart) => Promise<void>,
): Promise<RecordsEnd> {
  using history = await HistoryReader.open(directory, signal);
  const reachesBackToMs = await history.oldestMs();
  await hand({ text: new Uint8Array(), records: 0, reachesBackToMs });
  const lines = new RecordLines(printableJson);
  const handLines = async () => {
    await hand({ text: lines.written, records: lines.records, reachesBackToMs });
    lines.clear();
  };
  for await (const { batch, rows } of foundRows(history, wanted, reader)) {
    signal.throwIfAborted();
    lines.bind(batch);
    for (const row of rows) {
      lines.add(row);
      if (lines.octets >= MOST_OCTETS) await handLines();
    }
  }
  if (lines.records > 0) await handLines();
  const missed = missedLines(history, reader === undefined);
  if (missed !== '') await hand({ text: Buffer.from(missed), records: 0, reachesBackToMs });
  return { notices: history.notices };
}

async function* foundRows(
  history: HistoryReader,
  wanted: FlowsWanted,
  reader: NamespaceReader | undefined,
): AsyncGenerator<FoundRows> {
  if (reader === undefined) {
    yield* history.flows(wanted);
    return;
  }
  let skip = 0;
  if (wanted.last !== undefined) {
    for await (const { rows } of visibleRows(history, wanted, reader)) skip += rows.length;
    skip = Math.max(0, skip - wanted.last);
  }
  for await (const { batch, rows } of visibleRows(history, wanted, reader)) {
    yield { batch, rows: rows.slice(skip) };
    skip = Math.max(0, skip - rows.length);
  }
}

/** What the reader may see, as he may see it. The filter must not see more. */
async function* visibleRows(
  history: HistoryReader,
  { condition, sinceMs }: FlowsWanted,
  reader: NamespaceReader,
): AsyncGenerator<FoundRows> {
  const filter = new FlowFilter(condition);
  for await (const { batch, rows } of history.flows({ condition: noCondition, sinceMs })) {
    const view = await viewFor(batch, reader);
    yield { batch: view.batch, rows: rows.filter(rowsIn(view, filter)) };
  }
}

function missedLines({ leftOut, faults }: HistoryReader, mayCount: boolean): string {
  const ofParts = leftOut.map(({ name, records, why }) =>
    missedRecordsLine(mayCount && records > 0 ? records : 'some', `${name}: ${why}`),
  );
  return [...ofParts, ...faults.map((fault) => missedRecordsLine('some', fault))].join('');
}
