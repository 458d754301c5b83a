import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type EventKind, type EventsAnswer, eventKindNames, type KeptEvent } from '../../flow/index.ts';
import { NO_LINK } from '../../runtime/index.ts';
import { errnoOf } from '../../sinks/index.ts';
import { historyError } from '../history-error.ts';
import { namesInHistory } from '../history-names.ts';
import { leftOutReason } from '../left-out.ts';
import { type EventFile, eventsFolder, listEventFiles } from './event-files.ts';
import { eventOfLine } from './event-line.ts';
import { eventSearch } from './event-search.ts';

export interface EventsWanted {
  /** In milliseconds since 1970. */
  readonly sinceMs: number;
  /** Events before this time. */
  readonly untilMs: number;
  /** Undefined: all. */
  readonly kinds?: readonly EventKind[] | undefined;
  /** Only those of these namespaces; undefined: all. */
  readonly namespaces?: readonly string[] | undefined;
  /** Words that an event has. */
  readonly search?: string | undefined;
  /** The newest ones, this many. */
  readonly most: number;
  /** Whether the reader may see events of the namespace, undefined for those of none. Default all. */
  readonly mayRead?: ((namespace: string | undefined) => Promise<boolean>) | undefined;
}

/** Lines of one turn of the event loop: a millisecond. */
const LINES_AT_ONCE = 200;
/** The clock may have been set between an event and the next one of its file. */
const CLOCK_MS = 3_600_000;

/**
 * Reads events beside a flow history, with or without a writer. A line that its writer has not ended yet is
 * not there yet.
 * @throws {WeirError} WEIR_HISTORY_…
 */
export async function readEvents(
  directory: string,
  wanted: EventsWanted,
  signal?: AbortSignal,
): Promise<EventsAnswer> {
  try {
    const { kinds = eventKindNames } = wanted;
    const files = await filesOf(directory);
    const found = new NewestEvents(wanted.most);
    const passes = testOf(wanted);
    const isAsked = ({ kind }: EventFile) => kinds.includes(kind);
    let damagedLines = 0;
    const unread = new Map<EventFile, string>();
    for (const file of files.filter((one) => isAsked(one) && mayHave(one, wanted))) {
      const lines = await linesOf(file, unread);
      for (const [at, line] of lines.entries()) {
        if (at % LINES_AT_ONCE === 0) await nextTurn();
        signal?.throwIfAborted();
        const event = eventOfLine(line);
        if (event === undefined) damagedLines++;
        else if (passes(event) && (await isVisible(event, wanted))) found.add(event);
      }
    }
    const events = found.sorted();
    const since = await keptSince(files, kinds, unread);
    const unreadable = [...unread].filter(([file]) => isAsked(file));
    return {
      events,
      isCut: found.isCut,
      keptSince: since,
      damagedLines,
      missingFiles: missingAmong(files.filter(isAsked)),
      ...(unreadable.length > 0 && {
        unreadableFiles: unreadable.map(([{ path }, why]) => `${basename(path)}: ${why}`),
      }),
    };
  } catch (error) {
    if (signal?.aborted) throw error;
    throw historyError('read the events of', directory, error);
  }
}

/** A history that has never had events has no folder of them. */
async function filesOf(directory: string): Promise<EventFile[]> {
  try {
    return await listEventFiles(eventsFolder(directory));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    await namesInHistory(directory);
    return [];
  }
}

/** No event is written before it happens. */
const mayHave = ({ writtenMs }: EventFile, { sinceMs }: EventsWanted): boolean =>
  writtenMs + CLOCK_MS >= sinceMs;

function testOf({ sinceMs, untilMs, namespaces, search = '' }: EventsWanted): (event: KeptEvent) => boolean {
  const hasWords = eventSearch(search);
  return (event) => {
    const timeMs = Date.parse(event.time);
    if (timeMs < sinceMs || timeMs >= untilMs) return false;
    if (namespaces !== undefined && !namespaces.includes(event.names.sourcePodNamespace ?? '')) return false;
    return hasWords(event);
  };
}

const isVisible = async ({ names }: KeptEvent, { mayRead }: EventsWanted): Promise<boolean> =>
  mayRead === undefined || (await mayRead(names.sourcePodNamespace || undefined));

/**
 * The whole lines of a file; none if it was deleted meanwhile.
 * @param unread gets it and why, if the system does not read it
 */
async function linesOf(of: EventFile, unread: Map<EventFile, string>): Promise<string[]> {
  try {
    await using file = await open(of.path, constants.O_RDONLY | NO_LINK);
    const text = await file.readFile('utf8');
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') unread.set(of, leftOutReason(error).why);
    return [];
  }
}

/** The files of each kind, the oldest first. */
const groupedByKind = (files: readonly EventFile[]) => [...Map.groupBy(files, ({ kind }) => kind).values()];

/** Numbers that files of a kind lack between others: the oldest leave by themselves. */
const missingAmong = (files: readonly EventFile[]): number =>
  groupedByKind(files).reduce(
    (sum, some) => sum + 1 + some.at(-1)!.number - some[0]!.number - some.length,
    0,
  );

/**
 * Since when all events are there. Of a kind that lacks files that is since the first event after them.
 * The others have all since the first event of any.
 */
async function keptSince(
  files: readonly EventFile[],
  kinds: readonly EventKind[],
  unread: Map<EventFile, string>,
): Promise<string | undefined> {
  const { size } = unread;
  const oldest = groupedByKind(files.filter((file) => !unread.has(file))).map(
    (some) => some.findLast(({ number }, i) => i === 0 || number > some[i - 1]!.number + 1)!,
  );
  const firsts = await Promise.all(
    oldest.map(async (file) => {
      const first = (await linesOf(file, unread)).map(eventOfLine).find((event) => event !== undefined);
      if (first === undefined && file.number === 1) return [];
      return [{ ...file, time: first?.time ?? new Date(file.bornMs).toISOString() }];
    }),
  );
  // The system does not read one of them, so the next one of its kind counts.
  if (unread.size > size) return await keptSince(files, kinds, unread);
  const timesOf = (some: readonly { readonly time: string }[]) => some.map(({ time }) => time).sort();
  const known = firsts.flat();
  const cut = known.filter(({ kind, number }) => number > 1 && kinds.includes(kind));
  return timesOf(cut).at(-1) ?? timesOf(known)[0];
}

/** The newest events of those that are added. */
class NewestEvents {
  readonly #most: number;
  #events: KeptEvent[] = [];
  #isCut = false;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether some were older. */
  get isCut(): boolean {
    return this.#isCut;
  }

  add(event: KeptEvent): void {
    this.#events.push(event);
    if (this.#events.length > 2 * this.#most + 1_000) this.#cut();
  }

  /** The oldest first. */
  sorted(): readonly KeptEvent[] {
    this.#cut();
    return this.#events;
  }

  #cut(): void {
    // Times of one form sort as text.
    this.#events.sort((one, other) => (one.time < other.time ? -1 : Number(one.time > other.time)));
    this.#isCut ||= this.#events.length > this.#most;
    this.#events.splice(0, this.#events.length - this.#most);
  }
}
