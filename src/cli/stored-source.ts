import { type EventsAnswer, parseCondition } from '../flow/index.ts';
import type { AnswerSource, EventsAsked, FoundRecords, RecordsAsked } from '../mcp/index.ts';
import { type QueryAnswer, QueryDesk, type QueryText, type RecordsPart, readQuery } from '../query/index.ts';
import { systemClock } from '../runtime/index.ts';
import { readEvents } from '../store/index.ts';

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
    const wanted = {
      condition: parseCondition(where),
      sinceMs: since === undefined ? undefined : Date.parse(since),
      last,
    };
    let reachesBackToMs: number | undefined;
    const lines: string[] = [];
    const takePart = async (part: RecordsPart) => {
      reachesBackToMs = part.reachesBackToMs;
      lines.push(...Buffer.from(part.text).toString().split('\n').slice(0, part.records));
    };
    const { notices } = await this.#desk.read(this.#directory, wanted, signal, {}, takePart);
    return { records: lines.map((line) => JSON.parse(line)), reachesBackToMs, notices };
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
