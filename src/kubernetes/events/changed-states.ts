import type { ObjectStore } from '../names/index.ts';

/** An object with what events are made of, as a text. */
export interface StatedObject {
  readonly uid: string;
  readonly state: string;
  /** The latest time in the state, in milliseconds since 1970; NaN for none. */
  readonly latestMs: number;
}

export interface ChangedStatesOptions<T> {
  /**
   * Gets each change.
   * @param before the earlier state; undefined for an object that is not remembered
   * @param sinceMs of an object that is not remembered, nothing before this is new
   */
  report(object: T, before: string | undefined, sinceMs: number): void;
  sinceMs(): number;
  /** Milliseconds since 1970. */
  nowMs(): number;
  /**
   * Whether times alone tell what is new, so that objects without news are not remembered, and of the others
   * only some.
   */
  readonly goesByTimes: boolean;
}

/** 2 MB. */
const MOST_STATES = 20_000;

/** Times of the API server are whole seconds. */
const SECOND_MS = 1_000;

/** About how many octets the state of an object takes, with its place by UID. */
export const stateOctets = ({ uid, state }: StatedObject): number => 100 + uid.length + state.length;

/**
 * Remembers the state of objects of one kind, and reports each change. So a change is reported once, however
 * often the object comes, and also if it came about while the API server was away.
 */
export class ChangedStates<T extends StatedObject> implements ObjectStore<T> {
  /** The one that changed longest ago first. */
  readonly #states = new Map<string, Pick<T, 'state' | 'latestMs'>>();
  readonly #options: ChangedStatesOptions<T>;
  /** All that is forgotten was before this. */
  #horizonMs = 0;

  constructor(options: ChangedStatesOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#states.size;
  }

  uids(): Iterable<string> {
    return this.#states.keys();
  }

  upsert(object: T): void {
    const { uid, state, latestMs } = object;
    const before = this.#states.get(uid)?.state;
    if (before === state) return;
    const { goesByTimes } = this.#options;
    // A node's clock may be years ahead, and ours may have been.
    this.#horizonMs = Math.min(this.#horizonMs, this.#options.nowMs());
    const sinceMs = Math.max(this.#options.sinceMs(), this.#horizonMs);
    if (before !== undefined || !goesByTimes || latestMs >= sinceMs) {
      this.#states.delete(uid);
      this.#states.set(uid, { state, latestMs });
      if (goesByTimes && this.#states.size > MOST_STATES) this.#forgetOldest();
    }
    this.#options.report(object, before, sinceMs);
  }

  remove(uid: string, last?: T): void {
    if (last !== undefined) this.upsert(last);
    this.#states.delete(uid);
  }

  forget(): void {}

  #forgetOldest(): void {
    const [uid, { latestMs }] = this.#states.entries().next().value!;
    this.#states.delete(uid);
    this.#horizonMs = Math.max(this.#horizonMs, latestMs + SECOND_MS);
  }
}
