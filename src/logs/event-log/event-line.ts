import { type ClusterEvent, type FieldName, timeText } from '../../flow/index.ts';
import { hashOfText, printableText } from '../../runtime/index.ts';
import { type LogLayout, quotedText, type Stream, writePair } from '../flow-lines/index.ts';

/** Distinguishes the streams of events from those of flows. */
export const eventServiceName = 'weir-events';

/** Metadata of events besides the fields of flows. */
export const eventFieldNames = ['reason', 'eventType', 'objectKind', 'objectName'] as const;

/** After the characters that need it are escaped. */
const MAX_MESSAGE_OCTETS = 4_096;
const MAX_NAME_OCTETS = 1_024;

/**
 * Writes an event: each name where the lines of flows have it, in the metadata or in the line. The line is
 * logfmt, and the message is quoted, so a message cannot pretend to be a field.
 */
export function writeEvent(event: ClusterEvent, timeMs: number, layout: LogLayout, stream: Stream): void {
  const { names, reason, type, objectKind, objectName } = event;
  const known = Object.entries(names) as [FieldName, string][];
  const entries = stream.open(timeMs, nanosecondOf(event));
  const inLine = known.filter(([name]) => layout.tail.includes(name));
  entries.appendText(lineOf(event, timeMs, inLine));
  stream.closeLine();
  const metadata: [string, string][] = [
    ...known.filter(([name]) => layout.metadata.includes(name)),
    ['reason', reason],
    ['eventType', type],
    ['objectKind', objectKind],
    ['objectName', objectName],
  ];
  for (const [name, value] of metadata) {
    const text = storableText(value, MAX_NAME_OCTETS);
    if (text !== '') writePair(entries, name, text);
  }
  stream.close();
}

function lineOf(event: ClusterEvent, timeMs: number, names: readonly [string, string][]): string {
  const { message, facts } = event;
  const happened = Math.floor(event.timeMs) === timeMs ? {} : { happened: timeText(event.timeMs) };
  const parts = [
    `message=${quotedText(storableText(message, MAX_MESSAGE_OCTETS))}`,
    ...[...Object.entries({ ...facts, ...happened }), ...names].map(
      ([name, value]) => `${name}=${quotedText(storableText(String(value), MAX_NAME_OCTETS))}`,
    ),
  ];
  return parts.join(' ');
}

/** Text from outside: printable, without U+FFFD, which Loki removes, and bounded. */
function storableText(text: string, maxOctets: number): string {
  const whole = printableText(text.slice(0, maxOctets).toWellFormed().replaceAll('\ufffd', '?'));
  if (Buffer.byteLength(whole) <= maxOctets) return whole;
  const cut = Buffer.from(whole).subarray(0, maxOctets).toString();
  return `${cut.replace(/\ufffd+$/, '')}…`;
}

/**
 * The same in each process for the same event. Loki keeps one of several lines with the same time and text,
 * so two aggregators make no two lines of an event there.
 */
const nanosecondOf = ({ identity }: ClusterEvent): number => hashOfText(identity) % 1_000_000;
