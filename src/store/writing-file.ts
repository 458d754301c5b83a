import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../sinks/index.ts';
import { checkedLine, valueOfLine } from './checked-line.ts';
import { temporaryName } from './file-names.ts';
import { appendSynced, writeSynced } from './synced-file.ts';
import type { Interruption, WritingSpan, WritingTimes } from './writing-spans.ts';

/** The times in which a process wrote, and those in which no exporter was there to send something. */
export const WRITING = 'writing.jsonl';
export const ABSENCES = 'absences.jsonl';
/** Spans that are kept. Of a time before the oldest one nothing is known. */
const MOST_SPANS = 2_000;
/** So many lines after each other, then the file is made short again: some 220 kB. */
const MOST_LINES = 4_000;

const interruptions: readonly unknown[] = ['pause', 'clock', 'refusal'] satisfies readonly Interruption[];

/** From when on something is known. */
interface KnownFrom {
  readonly knownFromMs: number;
}

/**
 * A file of times, such as those in which a process wrote: a line of JSON for each beat. The line of the next
 * beat replaces the one before, if the span is the same: it has the same begin. The first line of a shortened
 * file says from when on something is known.
 */
export class WritingFile {
  readonly #path: string;
  readonly #temporary: string;
  #lines = 0;

  constructor(directory: string, name: typeof WRITING | typeof ABSENCES = WRITING) {
    this.#path = join(directory, name);
    this.#temporary = join(directory, temporaryName(name));
  }

  /**
   * An absent file knows nothing. Damaged lines are passed over, and counted unless a writer may have died in
   * one: the last one, without its end.
   */
  async read(): Promise<WritingTimes> {
    const text = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return '';
      throw error;
    });
    return timesIn(text.split('\n'));
  }

  /** All of it or nothing. */
  async append(lines: readonly (WritingSpan | KnownFrom)[]): Promise<void> {
    if (this.#lines >= MOST_LINES) await this.shorten();
    await appendSynced(this.#path, lines.map(checkedLine).join(''));
    this.#lines += lines.length;
  }

  /** Writes the file anew, as short as it can be. */
  async shorten(): Promise<void> {
    const { knownFromMs, spans } = await this.read();
    if (knownFromMs === undefined) return;
    const kept = spans.slice(-MOST_SPANS);
    const dropped = spans.at(-MOST_SPANS - 1);
    const lines = [checkedLine({ knownFromMs: dropped?.toMs ?? knownFromMs }), ...kept.map(checkedLine)];
    await writeSynced(this.#temporary, lines.join(''));
    await rename(this.#temporary, this.#path);
    this.#lines = 0;
  }
}

function timesIn(lines: readonly string[]): WritingTimes {
  const spans: WritingSpan[] = [];
  let knownFromMs: number | undefined;
  let damagedLines = 0;
  for (const [at, text] of lines.entries()) {
    const line = readLine(text);
    if (line === undefined) {
      if (at < lines.length - 1) damagedLines++;
      continue;
    }
    if ('knownFromMs' in line) {
      knownFromMs = line.knownFromMs;
      continue;
    }
    knownFromMs ??= line.fromMs;
    const before = spans.at(-1);
    if (before?.fromMs !== line.fromMs) spans.push(line);
    else spans.splice(-1, 1, { ...line, toMs: Math.max(before.toMs, line.toMs) });
  }
  return { knownFromMs, spans, ...(damagedLines > 0 && { damagedLines }) };
}

function readLine(text: string): WritingSpan | KnownFrom | undefined {
  const { knownFromMs, fromMs, toMs, isEnded, after } = valueOfLine(text) ?? {};
  if (Number.isFinite(knownFromMs)) return { knownFromMs: knownFromMs as number };
  if (!Number.isFinite(fromMs) || !Number.isFinite(toMs)) return undefined;
  return {
    fromMs: fromMs as number,
    toMs: Math.max(fromMs as number, toMs as number),
    ...(isEnded === true ? { isEnded } : {}),
    ...(interruptions.includes(after) ? { after: after as Interruption } : {}),
  };
}
