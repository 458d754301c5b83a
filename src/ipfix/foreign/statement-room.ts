/** Memory of a session for what its exporter states in any number: names, selection sequences. */
export interface StatementRoom {
  /** Takes this many octets more, or fewer when negative. False when there is no room. */
  take(octets: number): boolean;
}
