import { crc32 } from 'node:zlib';
import { type EventKind, eventKinds, type KeptEvent } from '../../flow/index.ts';

/** Characters of a text, and values beside the message: more comes from nobody who means well. */
const MOST_TEXT = 1_024;
const MOST_VALUES = 32;

/** An event as a line of a file: the sum of its octets as 8 digits, a space, and JSON. */
export function lineOfEvent(event: KeptEvent): string {
  const { reason, objectKind, objectName, message, names, facts, ...others } = event;
  const text = JSON.stringify({
    ...others,
    reason: boundedText(reason),
    objectKind: boundedText(objectKind),
    objectName: boundedText(objectName),
    names: boundedValues(names),
    message: boundedText(message),
    facts: boundedValues(facts),
  });
  return `${sumOf(text)} ${text}\n`;
}

/** The event of a line without its end; undefined if the line is damaged. */
export function eventOfLine(line: string): KeptEvent | undefined {
  const text = line.slice(9);
  if (line.slice(0, 9) !== `${sumOf(text)} `) return undefined;
  try {
    const event = JSON.parse(text) as KeptEvent;
    return isKind(event.kind) && !Number.isNaN(Date.parse(event.time)) ? event : undefined;
  } catch {
    return undefined;
  }
}

const isKind = (kind: string): kind is EventKind => Object.hasOwn(eventKinds, kind);

const sumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/** Halves of surrogate pairs have no octets of their own, so the sum would not hold. */
const boundedText = (text: string): string =>
  (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text).toWellFormed();

const boundedValues = <T extends Readonly<Record<string, string | number | undefined>>>(values: T) =>
  Object.fromEntries(
    Object.entries(values)
      .slice(0, MOST_VALUES)
      .map(([name, value]) => [boundedText(name), typeof value === 'string' ? boundedText(value) : value]),
  );
