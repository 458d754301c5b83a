import { type EventsAnswer, parseCondition, recordToJson } from '../flow/index.ts';
import type { AnswerSource, EventsAsked, FoundRecords, RecordsAsked } from '../mcp/index.ts';
import { type QueryAnswer, QueryDesk, type QueryText, readQuery } from '../query/index.ts';
import { systemClock } from '../runtime/index.ts';
import { HistoryReader, readEvents } from '../store/index.ts';

/** The files of a history. No process needs to run. */
export class StoredSource implements AnswerSource, AsyncDisposable {
  readonly commandOptions: readonly string[];
  readonly #directory: string;
  readonly #desk = new QueryDesk(systemClock);

  constructor(directory: string) {
    this.#directory = directory;
    this.commandOptions = ['--from', 'history', '--directory', directory];
  }

  query(question: QueryText, signal: AbortSignal): Promise<QueryAnswer> {
    return this.#desk.ask(this.#directory, readQuery(question, systemClock.now()), signal);
  }

  async records({ since, where, last }: RecordsAsked, signal: AbortSignal): Promise<FoundRecords> {
    using reader = await HistoryReader.open(this.#directory);
    const sinceMs = since === undefined ? undefined : Date.parse(since);
    const records: Record<string, unknown>[] = [];
    for await (const { batch, rows } of reader.flows({ condition: parseCondition(where), sinceMs, last })) {
      signal.throwIfAborted();
      records.push(...rows.map((row) => recordToJson(batch.at(row))));
    }
    return { records, reachesBackToMs: await reader.oldestMs(), notices: reader.notices };
  }

  events(
    { since, until, search, kinds, namespace, limit }: EventsAsked,
    signal: AbortSignal,
  ): Promise<EventsAnswer> {
    const wanted = {
      sinceMs: Date.parse(since),
      untilMs: Date.parse(until),
      kinds: kinds.length === 0 ? undefined : kinds,
      namespaces: namespace === undefined ? undefined : [namespace],
      search,
      most: limit,
    };
    return readEvents(this.#directory, wanted, signal);
  }

  async ledger(): Promise<undefined> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.#desk.stop();
  }
}
