import type { Clock } from '../../runtime/index.ts';
import type { EventObject } from './event-object.ts';

interface Reported {
  count: number;
  /** When a line of it was written, by the monotonic clock. */
  writtenMs: number;
  /** When it happened then. */
  timeMs: number;
}

/** Events that are remembered at most: 4 MB. The API server forgets them after an hour by default. */
const MOST_EVENTS = 20_000;
/** An event that repeats is reported again after this time. */
const REPEAT_MS = 600_000;

const CLOCKS_DIFFER_MS = 900_000;

/** Why an event is not reported. */
export type Silence = 'before the start' | 'known already' | 'repeated';

/**
 * Remembers which events were reported, so that each is reported once, and one that repeats only now and
 * then. A list shows old events again. Those before the start were never remembered, and of those that are
 * forgotten the time is known. So nothing of a list up to a time is reported.
 */
export class ReportedEvents {
  /** The least recently reported first. */
  readonly #reported = new Map<string, Reported>();
  readonly #mostEvents: number;
  /** Events of a list up to this time are not reported. */
  #horizonMs: number;
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>, sinceMs: number, mostEvents = MOST_EVENTS) {
    this.#clock = clock;
    this.#horizonMs = sinceMs;
    this.#mostEvents = mostEvents;
  }

  uids(): Iterable<string> {
    return this.#reported.keys();
  }

  /** Whether it may still be reported, so that its content is needed. */
  needs(event: EventObject): boolean {
    const reported = this.#reported.get(event.uid);
    return reported === undefined ? !this.#isLongPast(event) : event.count > reported.count;
  }

  /**
   * Undefined when the event is to be reported; it counts as reported from now on.
   * @param isListed it comes from a list, so it need not be new
   */
  silence(event: EventObject, isListed: boolean): Silence | undefined {
    const { uid, count, timeMs } = event;
    const nowMs = this.#clock.monotonic();
    const reported = this.#reported.get(uid);
    const isOld = isListed ? timeMs < this.#horizon() : this.#isLongPast(event);
    if (reported === undefined && isOld) return 'before the start';
    if (reported !== undefined && count <= reported.count) return 'known already';
    if (reported !== undefined && nowMs - reported.writtenMs < REPEAT_MS) return 'repeated';
    this.#reported.delete(uid);
    this.#reported.set(uid, { count, writtenMs: nowMs, timeMs });
    if (this.#reported.size > this.#mostEvents) this.#forgetOldest();
    return undefined;
  }

  /** The API server has forgotten it. */
  remove(uid: string): void {
    this.#reported.delete(uid);
  }

  /** What a watch shows is new, whatever a clock that is behind says of it. But none is so far behind. */
  #isLongPast({ timeMs }: EventObject): boolean {
    return timeMs < this.#horizon() - CLOCKS_DIFFER_MS;
  }

  /** A clock that was ahead, and was set, silences nothing for as long as it was ahead. */
  #horizon(): number {
    this.#horizonMs = Math.min(this.#horizonMs, this.#clock.now());
    return this.#horizonMs;
  }

  #forgetOldest(): void {
    const [uid, { timeMs }] = this.#reported.entries().next().value!;
    this.#reported.delete(uid);
    // A writer may have put any time there, also one in a hundred years.
    const knownMs = Math.min(timeMs, this.#clock.now());
    if (knownMs >= this.#horizonMs) this.#horizonMs = knownMs + 1;
  }
}
