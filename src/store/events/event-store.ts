import { type EventKind, eventKindNames, type KeptEvent } from '../../flow/index.ts';
import { type Account, type Clock, DirectoryLock, describeError } from '../../runtime/index.ts';
import type { SinkParts } from '../../sinks/index.ts';
import { historyError } from '../history-error.ts';
import { EventFiles, eventsFolder, listEventFiles } from './event-files.ts';
import { lineOfEvent } from './event-line.ts';

export interface EventBounds {
  /** Of the directory of the history. */
  readonly directory: string;
  /** Bound for all files of events together. Each kind has an equal share. */
  readonly maxOctets: number;
  /** Events are deleted a whole file at a time, up to an eighth later. */
  readonly maxAgeMs: number;
}

/** Events that wait for the disk: some ten thousand. */
const MOST_WAITING_OCTETS = 4 * 1_048_576;
/** How often old files are looked for. */
const TEND_MS = 60_000;

interface Waiting {
  readonly kind: EventKind;
  readonly line: string;
}

/** The open files of a folder. */
interface Opened {
  readonly lock: DirectoryLock;
  readonly files: ReadonlyMap<EventKind, EventFiles>;
}

/**
 * Keeps events in files beside a flow history, as their one writer. An event counts as sent once it survives
 * a power failure. Until a directory is there events wait, within a bound. What has no room, or what the disk
 * refuses, counts as dropped. Events that are deleted later are noted in the account.
 */
export class EventStore {
  readonly account: Account;
  readonly #parts: SinkParts;
  readonly #waiting: Waiting[] = [];
  #waitingOctets = 0;
  #writing = 0;
  #opened: Opened | undefined;
  #maxAgeMs = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #isFlushing = false;
  #stopTending = () => {};

  constructor(name: string, parts: SinkParts) {
    this.#parts = parts;
    this.account = parts.ledger.open(name, 'events', () => this.#waiting.length + this.#writing);
  }

  /** Goes on in another directory. @throws {WeirError} WEIR_HISTORY_… */
  open(bounds: EventBounds): Promise<void> {
    return this.#inTurn(async () => {
      await this.#release();
      this.#opened = await this.#take(bounds);
      this.#maxAgeMs = bounds.maxAgeMs;
      await this.#tend();
      this.#stopTending = this.#clock.every(TEND_MS, () => void this.#inTurn(() => this.#tend()));
      await this.#writeWaiting();
    });
  }

  /** It never waits. */
  write(event: KeptEvent): void {
    this.account.received++;
    const line = lineOfEvent(event);
    if (this.#waitingOctets + line.length > MOST_WAITING_OCTETS) {
      this.account.drop('no room in memory');
      return;
    }
    this.#waiting.push({ kind: event.kind, line });
    this.#waitingOctets += line.length;
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    void this.#inTurn(async () => {
      this.#isFlushing = false;
      if (this.#opened !== undefined) await this.#writeWaiting();
    });
  }

  /** Writes what waits, and leaves the directory to others. What waits for one counts as dropped. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#opened !== undefined) await this.#writeWaiting();
      await this.#release();
      this.account.drop('no history', this.#waiting.length);
      this.#waiting.length = 0;
      this.#waitingOctets = 0;
    });
  }

  /** Deletes files that were last written before this time. Returns how many. */
  prune(beforeMs: number): Promise<number> {
    return this.#inTurn(async () => {
      let removed = 0;
      for (const files of this.#opened?.files.values() ?? [])
        removed += await files.removeWrittenBefore(beforeMs, 'pruned');
      return removed;
    });
  }

  get #clock(): Clock {
    return this.#parts.clock;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #take({ directory, maxOctets, maxAgeMs }: EventBounds): Promise<Opened> {
    const folder = eventsFolder(directory);
    try {
      const lock = await DirectoryLock.take({
        path: folder,
        what: 'folder of events',
        inUse: 'WEIR_HISTORY_IN_USE',
      });
      const found = await listEventFiles(folder);
      const shareOf = (kind: EventKind) =>
        new EventFiles(
          {
            ...{ folder, kind, maxAgeMs, maxOctets: Math.floor(maxOctets / eventKindNames.length) },
            syncFolder: () => lock.directory.sync(),
            onRemoval: (why, events) => this.account.note(`deleted (${why})`, events),
          },
          found.filter((file) => file.kind === kind),
        );
      return { lock, files: new Map(eventKindNames.map((kind) => [kind, shareOf(kind)])) };
    } catch (error) {
      throw historyError('keep events in', folder, error);
    }
  }

  async #release(): Promise<void> {
    this.#stopTending();
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.lock.release();
  }

  async #tend(): Promise<void> {
    const oldestMs = this.#clock.now() - this.#maxAgeMs;
    try {
      for (const files of this.#opened?.files.values() ?? [])
        await files.removeWrittenBefore(oldestMs, 'age');
    } catch (error) {
      this.#parts.log.limited(this.account.name, 'tend', `old events stay: ${describeError(error)}`);
    }
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0);
      this.#waitingOctets = 0;
      this.#writing = taken.length;
      for (const [kind, group] of Map.groupBy(taken, (one) => one.kind))
        await this.#writeLines(
          kind,
          group.map(({ line }) => line),
        );
    }
  }

  /** Writes as many lines at once as a file takes. */
  async #writeLines(kind: EventKind, lines: readonly string[]): Promise<void> {
    const files = this.#opened!.files.get(kind)!;
    let [text, octets, events] = ['', 0, 0];
    for (const line of lines) {
      const more = Buffer.byteLength(line);
      if (octets + more > files.mostOctets) {
        await this.#append(files, text, events);
        [text, octets, events] = ['', 0, 0];
      }
      text += line;
      octets += more;
      events++;
    }
    await this.#append(files, text, events);
  }

  async #append(files: EventFiles, text: string, events: number): Promise<void> {
    try {
      await files.append(text, this.#clock.now());
      this.account.sent += events;
    } catch (cause) {
      const error = historyError('keep events in', '', cause);
      this.account.drop(error.code === 'WEIR_HISTORY_DISK_FULL' ? 'disk full' : 'not stored', events);
      this.#parts.log.limited(
        this.account.name,
        'not stored',
        `${events} events lost: ${describeError(error)}`,
      );
    } finally {
      this.#writing -= events;
    }
  }
}
