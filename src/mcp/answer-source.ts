import type { EventKind, EventsAnswer } from '../flow/index.ts';
import type { QueryAnswer, QueryText } from '../query/contract/index.ts';
import type { AccountStatement } from '../runtime/index.ts';

/** Which flow records are asked for, by the words of `weir flows`. */
export interface RecordsAsked {
  /** A time in RFC 3339; undefined: as far back as the source lists by itself. */
  readonly since: string | undefined;
  /** A condition as text; empty for all. */
  readonly where: string;
  /** The newest ones, this many. */
  readonly last: number;
}

export interface FoundRecords {
  /** The oldest first, as `weir flows -o json` prints them. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
  /** Of the history that answered; undefined if none did. */
  readonly reachesBackToMs: number | undefined;
  /** What could not be read. */
  readonly notices: readonly string[];
}

/** Which events are asked for, by the words of `weir events`. */
export interface EventsAsked {
  /** In RFC 3339. */
  readonly since: string;
  readonly until: string;
  /** Words that an event has; empty for all events. */
  readonly search: string;
  /** Empty for all. */
  readonly kinds: readonly EventKind[];
  readonly namespace: string | undefined;
  /** The newest ones, this many. */
  readonly limit: number;
}

/** Where answers come from: a process that runs, or the files of a history. Both throw a WeirError. */
export interface AnswerSource {
  /** What a command needs to ask the same source: ["--from", "history"]. */
  readonly commandOptions: readonly string[];
  query(question: QueryText, signal: AbortSignal): Promise<QueryAnswer>;
  records(asked: RecordsAsked, signal: AbortSignal): Promise<FoundRecords>;
  events(asked: EventsAsked, signal: AbortSignal): Promise<EventsAnswer>;
  /** The ledger of the process; undefined for files, which have none. */
  ledger(signal: AbortSignal): Promise<readonly AccountStatement[] | undefined>;
}
