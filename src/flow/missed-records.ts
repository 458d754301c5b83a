import { formatCount } from './text/index.ts';

/** So many records, or some to a reader that may not know how many others can read. */
export type MissedRecords = number | 'some';

const KEY = 'missedRecords';

/** A line among records, as JSON: the place where the reader of a stream missed some, and how many. */
export const missedRecordsLine = (missed: MissedRecords): string => `${JSON.stringify({ [KEY]: missed })}\n`;

/** What such a line says; undefined for a record. */
export function missedRecordsIn(line: string | Readonly<Record<string, unknown>>): MissedRecords | undefined {
  if (typeof line === 'string')
    return line.startsWith(`{"${KEY}":`) ? missedRecordsIn(JSON.parse(line)) : undefined;
  const missed = line[KEY];
  return typeof missed === 'number' || missed === 'some' ? missed : undefined;
}

/** For people. */
export const missedRecordsText = (missed: MissedRecords): string =>
  missed === 'some' ? 'some records' : `${formatCount(missed)} records`;
