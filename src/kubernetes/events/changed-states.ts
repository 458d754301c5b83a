import type { ObjectStore } from '../names/index.ts';

/** An object with what events are made of, as a text. */
export interface StatedObject {
  readonly uid: string;
  readonly state: string;
}

/**
 * Remembers the state of each object of one kind, and reports each change of it. So a change is reported
 * once, however often the object comes, and also if it came about while the API server was away.
 */
export class ChangedStates<T extends StatedObject> implements ObjectStore<T> {
  readonly #states = new Map<string, string>();
  readonly #report: (object: T, before: string | undefined) => void;

  /** @param report gets the earlier state; undefined for an object that was not known */
  constructor(report: (object: T, before: string | undefined) => void) {
    this.#report = report;
  }

  get size(): number {
    return this.#states.size;
  }

  uids(): Iterable<string> {
    return this.#states.keys();
  }

  upsert(object: T): void {
    const before = this.#states.get(object.uid);
    if (before === object.state) return;
    this.#states.set(object.uid, object.state);
    this.#report(object, before);
  }

  remove(uid: string, last?: T): void {
    if (last !== undefined && this.#states.has(uid)) this.upsert(last);
    this.#states.delete(uid);
  }

  forget(): void {}
}
