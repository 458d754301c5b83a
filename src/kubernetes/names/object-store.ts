/** Holds the objects of one kind by UID. */
export interface ObjectStore<T extends { readonly uid: string }> {
  /** Objects in it, without those that it only remembers. */
  readonly size: number;
  uids(): Iterable<string>;
  /** An object is new, or it has changed. */
  upsert(object: T): void;
  /** @param last its last state, if known */
  remove(uid: string, last?: T): void;
  /** Call now and then: forgets what ended a while ago. */
  forget(): void;
}
