/** What happened to an object, as its state shows it. */
export interface Change {
  /** When, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly reason: string;
  readonly isWarning?: boolean;
  readonly message: string;
  readonly facts?: Readonly<Record<string, string | number>>;
}

/**
 * Whether a change is worth telling. The first state of an object that was not known shows what happened
 * before, too: of that only what is later than the start.
 */
export const isNew = (timeMs: number, before: string | undefined, sinceMs: number): boolean =>
  before === undefined ? timeMs >= sinceMs : !Number.isNaN(timeMs);
