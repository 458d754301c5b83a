import type { Clock } from '../../runtime/index.ts';
import type { ReflectorHandler } from '../client/index.ts';
import type { ObjectStore } from './object-store.ts';

/** Objects that are put in within one turn of the event loop: about a millisecond. */
const OBJECTS_A_TURN = 1_000;

/**
 * Puts what a reflector learns into a store. A full list goes in over several turns of the event loop, as
 * 100,000 Pods at once would stop the process. Changes that arrive meanwhile wait for its end. What a store
 * throws in a later turn is thrown at the next call, so that the reflector counts it and lists again.
 */
export class StoreFeeder<T extends { readonly uid: string }> implements ReflectorHandler<T> {
  /** Full lists that have gone in. */
  lists = 0;
  /** Whether there was no room for some objects. */
  isPartial = false;
  readonly #store: ObjectStore<T>;
  readonly #clock: Pick<Clock, 'after'>;
  #steps: Iterator<void> | undefined;
  /** Changes that wait: an object, and whether it was deleted. */
  #waiting: { readonly item: T; readonly isGone: boolean }[] = [];
  #cancel = () => {};
  #fault: { readonly error: unknown } | undefined;

  constructor(store: ObjectStore<T>, clock: Pick<Clock, 'after'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Another list that is under way ends where it is: this one is newer. */
  replace(items: Iterable<T>): void {
    this.#cancel();
    this.isPartial = false;
    this.#waiting = [];
    this.#fault = undefined;
    this.#steps = this.#put(items);
    this.#goOn();
    this.#throwFault();
  }

  upsert(item: T): void {
    this.#throwFault();
    if (this.#steps === undefined) this.#store.upsert(item);
    else this.#waiting.push({ item, isGone: false });
  }

  remove(item: T): void {
    this.#throwFault();
    if (this.#steps === undefined) this.#store.remove(item.uid, item);
    else this.#waiting.push({ item, isGone: true });
  }

  lack(): void {
    this.isPartial = true;
  }

  stop(): void {
    this.#cancel();
    this.#steps = undefined;
  }

  *#put(items: Iterable<T>): Generator<void> {
    const listed = new Set<string>();
    for (const item of items) {
      listed.add(item.uid);
      this.#store.upsert(item);
      yield;
    }
    for (const uid of this.#store.uids()) {
      if (!listed.has(uid)) this.#store.remove(uid);
      yield;
    }
    for (let i = 0; i < this.#waiting.length; i++) {
      const { item, isGone } = this.#waiting[i]!;
      if (isGone) this.#store.remove(item.uid, item);
      else this.#store.upsert(item);
      yield;
    }
    this.#waiting = [];
  }

  #goOn(): void {
    try {
      for (let i = 0; i < OBJECTS_A_TURN; i++) {
        if (this.#steps!.next().done !== true) continue;
        this.#steps = undefined;
        this.lists++;
        return;
      }
    } catch (error) {
      this.#steps = undefined;
      this.isPartial = true;
      this.#fault = { error };
      return;
    }
    this.#cancel = this.#clock.after(0, () => this.#goOn());
  }

  #throwFault(): void {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) throw fault.error;
  }
}
