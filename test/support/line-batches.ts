import { Stream } from '../../src/logs/flow-lines/stream.ts';
import { LineBatch } from '../../src/logs/push/line-batch.ts';
import { toJson } from '../../src/logs/push/push-json.ts';
import type { PushedStream } from './push-receiver.ts';

/** The time of `lineBatch`'s lines, in milliseconds since 1970. */
export const LINE_TIME_MS = Date.UTC(2026, 0, 31, 10, 0, 0, 250);

/** Lines as they are pushed, by the labels of their streams: lineBatch({ 'app=a': ['first', 'second'] }). */
export function lineBatch(
  lines: Readonly<Record<string, readonly string[]>>,
  sinceMs = LINE_TIME_MS,
  timeMs = LINE_TIME_MS,
): LineBatch {
  const streams = Object.entries(lines).map(([labels, texts], number) => {
    const pairs = labels.split(',').map((pair) => pair.split('=') as [string, string]);
    const stream = new Stream(number, Object.fromEntries(pairs));
    for (const text of texts) writeEntry(stream, text, timeMs);
    return stream;
  });
  return LineBatch.take(streams, sinceMs);
}

function writeEntry(stream: Stream, text: string, timeMs: number): void {
  const into = stream.open(timeMs);
  const octets = new TextEncoder().encode(text);
  into.append(octets, 0, octets.length);
  stream.closeLine();
  stream.close();
}

/** What Loki would read. */
export const streamsOf = (batch: LineBatch): PushedStream[] =>
  (JSON.parse(toJson(batch)) as { streams: PushedStream[] }).streams;

export const linesOf = (batch: LineBatch): string[] =>
  streamsOf(batch).flatMap(({ values }) => values.map(([, line]) => line));
