/**
 * Takes what a reflector learns about one kind of object. All calls come one after the other. If one throws,
 * the reflector counts it and lists again, so that nothing is lost.
 */
export interface ReflectorHandler<T> {
  /**
   * Everything that exists now, in one step. What is not among it has been deleted. The items stay as they
   * are, so they may be read later as well.
   */
  replace(items: Iterable<T>): void;
  /** An object is new, or it has changed. */
  upsert(item: T): void;
  /** An object was deleted, or no longer matches the selectors. The item shows its last state. */
  remove(item: T): void;
  /** There was no room for some objects, of those that exist now or new ones. Until the next `replace`. */
  lack?(): void;
}
