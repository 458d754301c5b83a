import { formatCount } from './text/index.ts';

/** So many records, or some to a reader that may not know how many others can read. */
export type MissedRecords = number | 'some';

const KEY = 'missedRecords';

/**
 * A line among records, as JSON: how many the reader of a stream misses.
 * @param why default: he has read too slowly, and they are missing at this place
 */
export const missedRecordsLine = (missed: MissedRecords, why?: string): string =>
  `${JSON.stringify({ [KEY]: missed, why })}\n`;

/** What such a line says; undefined for a record. */
export function missedRecordsIn(line: string | Readonly<Record<string, unknown>>): MissedRecords | undefined {
  if (typeof line === 'string')
    return line.startsWith(`{"${KEY}":`) ? missedRecordsIn(JSON.parse(line)) : undefined;
  const missed = line[KEY];
  return typeof missed === 'number' || missed === 'some' ? missed : undefined;
}

/** Why they are missing, for people; undefined if their reader was too slow. */
export function missedReasonIn(line: string | Readonly<Record<string, unknown>>): string | undefined {
  const { why } = typeof line === 'string' ? (JSON.parse(line) as { readonly why?: unknown }) : line;
  return typeof why === 'string' ? why : undefined;
}

/** For people. */
export const missedRecordsText = (missed: MissedRecords): string =>
  missed === 'some' ? 'some records' : `${formatCount(missed)} records`;
