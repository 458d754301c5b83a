import type { IncomingMessage } from 'node:http';
import {
  type Account,
  type Clock,
  type Component,
  describeError,
  type Ledger,
  type Log,
  RetryDelay,
} from '../../runtime/index.ts';
import { arrivingOctets } from './arriving-octets.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { LineSplitter, type SplitLine } from './line-splitter.ts';
import { listAll, MAX_OBJECT_OCTETS } from './paged-list.ts';
import { pauseFor } from './pause.ts';
import { acceptOf, type ReflectedKind, selectorsOf } from './reflected-kind.ts';
import { Reflection } from './reflection.ts';
import { eventFault, faultOf, ReflectionFault, restarts } from './reflection-fault.ts';
import type { ReflectorHandler } from './reflector-handler.ts';
import { isEndOfInitialEvents, readWatchEvent, type WatchEvent } from './watch-event.ts';

export interface ReflectorParts<T> {
  readonly client: KubernetesClient;
  readonly handler: ReflectorHandler<T>;
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  /**
   * The first request comes within this time, in milliseconds, at random. Programs of a thousand nodes that
   * start at once ask one server. Default 0.
   */
  readonly spreadMs?: number;
}

/** Times are monotonic milliseconds. */
export interface ReflectorState {
  /** Whether the handler has had all that exists at least once. */
  readonly isSynced: boolean;
  /** When the server was last heard about this kind. */
  readonly heardMs: number | undefined;
  /** Since when changes may be missing; undefined while a watch is heard. */
  readonly staleSinceMs: number | undefined;
  /** Why changes are or were missing. */
  readonly lastError: string | undefined;
  /** Objects for which there was no room, of the last full list and since. */
  readonly leftOut: number;
}

/** As client-go waits. */
const LEAST_WAIT_MS = 800;
const GREATEST_WAIT_MS = 30_000;
const QUIET_MS = 120_000;
const MAX_FAILURES_AT_VERSION = 3;

/** A list for objects that were left out, once there is room. It costs the server as much as a start. */
const LEAST_ROOM_WAIT_MS = 10_000;
const GREATEST_ROOM_WAIT_MS = 600_000;

/** The server ends a watch after a time in this range, so that watches spread over its instances. */
const LEAST_WATCH_SECONDS = 300;
const GREATEST_WATCH_SECONDS = 600;
/** A bookmark comes about once a minute. */
const SILENCE_MS = 180_000;
/** A watch that ends sooner, and without a word, would make a loop of requests. */
const SHORTEST_WATCH_MS = 1_000;
/** Only bookmarks come for so long: the server does not know initial events. */
const NO_OBJECT_MS = 90_000;

/** Of lists and watches that are given up. Others follow, so nothing is lost. */
const expectedDrops = ['superseded', 'list not complete'];

/**
 * Follows all objects of a kind, whatever happens to the connection and the server. It tells a handler what
 * exists, then each change in order. It keeps no objects itself.
 */
export class Reflector<T> implements Component {
  readonly name: string;
  readonly #kind: ReflectedKind<T>;
  readonly #parts: ReflectorParts<T>;
  readonly #account: Account;
  readonly #reflection: Reflection<T>;
  /** Ends the current attempt, or the pause after it. */
  #end = new AbortController();
  #isStopped = false;
  #isListWanted = false;
  readonly #delay = new RetryDelay(LEAST_WAIT_MS, GREATEST_WAIT_MS);
  #running: Promise<void> | undefined;
  readonly #roomDelay = new RetryDelay(LEAST_ROOM_WAIT_MS, GREATEST_ROOM_WAIT_MS);
  /** While a list waits for its time because there is room again. */
  #cancelList: (() => void) | undefined;

  /** How to get all that exists, after an attempt that failed. */
  #mayUseInitialEvents = true;
  #isListPaged = true;
  /** When the last object came of those that exist. */
  #objectMs = 0;
  #failedMs = Number.NEGATIVE_INFINITY;
  #failedVersion: string | undefined;
  #failuresAtVersion = 0;

  #isSynced = false;
  #heardMs: number | undefined;
  #staleSinceMs: number | undefined;
  #lastError: string | undefined;

  constructor(kind: ReflectedKind<T>, parts: ReflectorParts<T>) {
    this.#kind = kind;
    this.#parts = parts;
    this.name = `kubernetes ${kind.kind.plural}`;
    this.#account = parts.ledger.open(this.name, 'objects', () => this.#reflection.collectedObjects, {
      expectedDrops,
    });
    const { handler, log } = parts;
    this.#reflection = new Reflection(kind, { name: this.name, handler, log, account: this.#account });
  }

  get state(): ReflectorState {
    return {
      isSynced: this.#isSynced,
      heardMs: this.#heardMs,
      staleSinceMs: this.#staleSinceMs,
      lastError: this.#lastError,
      leftOut: this.#reflection.leftOut,
    };
  }

  /** Does not wait for the server. */
  async start(): Promise<void> {
    this.#staleSinceMs = this.#parts.clock.monotonic();
    this.#running = this.#run();
  }

  /** Lists all that exists once more, for a handler that keeps something else of it from now on. */
  listAgain(): void {
    this.#isListWanted = true;
    this.#end.abort();
  }

  /** Ends the watch at once. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelList?.();
    this.#end.abort();
    await this.#running;
  }

  get #signal(): AbortSignal {
    return this.#end.signal;
  }

  async #run(): Promise<void> {
    const { clock, spreadMs = 0 } = this.#parts;
    if (spreadMs > 0) await pauseFor(clock, Math.random() * spreadMs, this.#signal);
    while (!this.#isStopped) {
      this.#end = new AbortController();
      if (this.#isListWanted) this.#reflection.forgetVersion();
      this.#isListWanted = false;
      const fault = await this.#attempt();
      if (fault.reason === 'silent' && this.#reflection.isCollecting) this.#mayUseInitialEvents = false;
      this.#reflection.discard();
      if (!this.#isStopped && !this.#isListWanted) await this.#prepareRestart(fault);
    }
  }

  /** One watch, after a list if it needs one. Whatever happens, it comes back with the reason. */
  async #attempt(): Promise<ReflectionFault> {
    try {
      const needsAll = this.#reflection.version === undefined;
      const response = needsAll ? await this.#openInitialEvents() : await this.#openWatch();
      if (response !== undefined) return await this.#read(response);
      await this.#list();
      return await this.#read(await this.#openWatch());
    } catch (error) {
      return faultOf(error);
    }
  }

  /** Decides whether to go on from the last version or to list, and waits. */
  async #prepareRestart({ reason, message, cause, retryAfterMs = 0 }: ReflectionFault): Promise<void> {
    const { clock, log } = this.#parts;
    const { keepsVersion, waits } = restarts[reason];
    this.#account.note(`restart: ${reason}`);
    if (reason === 'ended') return;
    this.#lastError = message;
    this.#staleSinceMs ??= this.#heardMs ?? clock.monotonic();
    this.#failuresAtVersion =
      this.#reflection.version === this.#failedVersion ? this.#failuresAtVersion + 1 : 1;
    this.#failedVersion = this.#reflection.version;
    const isHopeless = keepsVersion === 'thrice' && this.#failuresAtVersion > MAX_FAILURES_AT_VERSION;
    if (keepsVersion === 'never' || isHopeless) this.#reflection.forgetVersion();
    if (!waits) return;
    // The client says once what only a person can mend.
    const isSaid =
      cause instanceof KubernetesError && (reason === 'forbidden' || reason === 'no credentials');
    if (!isSaid) log.limited(this.name, reason, message);
    if (clock.monotonic() - this.#failedMs > QUIET_MS) this.#delay.reset();
    this.#failedMs = clock.monotonic();
    await pauseFor(clock, Math.max(this.#delay.next(), retryAfterMs * (1 + Math.random() / 4)), this.#signal);
  }

  async #list(): Promise<void> {
    const { client, clock } = this.#parts;
    this.#account.note('list');
    this.#reflection.collect();
    try {
      const version = await listAll(this.#kind, this.#isListPaged, {
        client,
        clock,
        signal: this.#signal,
        onObject: (object) => this.#reflection.takeObject(object),
        onTooLarge: () => this.#reflection.takeTooLarge('one of a list'),
      });
      this.#complete(version);
    } catch (error) {
      // The next list comes in one piece. The server offers another token, but that would mix two states.
      if (faultOf(error).reason === 'expired') this.#isListPaged = false;
      throw error;
    }
  }

  /** Opens a watch that begins with all that exists. Undefined if the server has to be asked for a list. */
  async #openInitialEvents(): Promise<IncomingMessage | undefined> {
    const { client, clock } = this.#parts;
    const { watchListSupport } = client;
    if (!this.#mayUseInitialEvents || !(await watchListSupport.isPossible(this.#signal))) return undefined;
    this.#reflection.collect();
    this.#objectMs = clock.monotonic();
    try {
      return await this.#openWatch({ sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' });
    } catch (error) {
      const code = error instanceof KubernetesError ? error.status?.code : undefined;
      if (code !== 400 && code !== 422) throw error;
      this.#account.note('initial events refused');
      await watchListSupport.refuse(this.#signal);
      return undefined;
    }
  }

  #openWatch(
    begin: Record<string, string> = { resourceVersion: this.#reflection.version! },
  ): Promise<IncomingMessage> {
    this.#account.note('watch');
    const seconds = LEAST_WATCH_SECONDS + Math.random() * (GREATEST_WATCH_SECONDS - LEAST_WATCH_SECONDS);
    return this.#parts.client.open('watch', this.#kind, {
      query: {
        ...selectorsOf(this.#kind),
        ...begin,
        watch: 'true',
        allowWatchBookmarks: 'true',
        timeoutSeconds: `${Math.floor(seconds)}`,
      },
      accept: acceptOf(this.#kind, 'watch'),
      answerMs: SILENCE_MS, // A proxy may hold back the head of the answer until something comes.
      signal: this.#signal,
    });
  }

  /** Reads a watch until it ends. */
  async #read(response: IncomingMessage): Promise<ReflectionFault> {
    const { clock } = this.#parts;
    const openedMs = clock.monotonic();
    const lines = new LineSplitter(MAX_OBJECT_OCTETS);
    let hasSpoken = false;
    for await (const chunk of arrivingOctets(response, clock, SILENCE_MS)) {
      for (const line of lines.split(chunk)) {
        if (this.#signal.aborted) break;
        hasSpoken = true;
        this.#takeLine(line);
        this.#hear();
        this.#listIfRoom();
      }
    }
    if (this.#reflection.isCollecting)
      return new ReflectionFault('connection lost', 'the API server did not show all that exists');
    if (hasSpoken || clock.monotonic() - openedMs >= SHORTEST_WATCH_MS)
      return new ReflectionFault('ended', 'the API server ended the watch');
    return new ReflectionFault(
      'ended at once',
      'the API server, or a proxy in between, ends watches at once',
    );
  }

  #takeLine({ octets, isTooLong }: SplitLine): void {
    if (isTooLong) {
      this.#reflection.takeTooLarge(octets.toString('utf8', 0, 200));
      return;
    }
    const event = this.#readEvent(octets);
    if (event.type === 'ERROR') throw eventFault(event.status);
    if (event.type !== 'BOOKMARK') {
      this.#objectMs = this.#parts.clock.monotonic();
      this.#reflection.takeObject(event.object, event.type === 'DELETED');
    } else if (!this.#reflection.isCollecting) {
      this.#reflection.advance(event.object);
    } else if (isEndOfInitialEvents(event.object)) {
      this.#complete(event.object.metadata.resourceVersion ?? '');
    } else if (this.#parts.clock.monotonic() - this.#objectMs > NO_OBJECT_MS) {
      this.#mayUseInitialEvents = false;
      throw new ReflectionFault(
        'no end of the initial events',
        'the API server does not end the initial events',
      );
    }
  }

  /** Objects that were left out come with a new list: the watch shows none of them until it changes. */
  #listIfRoom(): void {
    if (!this.#reflection.hasRoomAgain || this.#cancelList !== undefined) return;
    this.#cancelList = this.#parts.clock.after(this.#roomDelay.next(), () => {
      this.#cancelList = undefined;
      if (!this.#reflection.hasRoomAgain) return;
      this.#account.note('room again');
      this.listAgain();
    });
  }

  #readEvent(line: Buffer): WatchEvent {
    try {
      return readWatchEvent(line);
    } catch (error) {
      this.#account.note('line unreadable');
      throw new ReflectionFault('unreadable', `a line of the watch cannot be read: ${describeError(error)}`);
    }
  }

  /** The handler has all that exists now. */
  #complete(version: string): void {
    const { log } = this.#parts;
    const objects = this.#reflection.collectedObjects;
    this.#reflection.complete(version);
    this.#hear();
    if (!this.#isSynced) log.info(this.name, `knows ${objects} objects`, { objects });
    this.#isSynced = true;
    if (this.#reflection.leftOut === 0) this.#roomDelay.reset();
    this.#mayUseInitialEvents = true;
    this.#isListPaged = true;
  }

  #hear(): void {
    this.#heardMs = this.#parts.clock.monotonic();
    if (!this.#reflection.isCollecting) this.#staleSinceMs = undefined;
  }
}
