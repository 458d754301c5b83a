import { type EventsAnswer, missedReasonIn, missedRecordsIn, missedRecordsText } from '../flow/index.ts';
import { REACH_HEADER } from '../http/index.ts';
import type { AnswerSource, EventsAsked, FoundRecords, RecordsAsked } from '../mcp/index.ts';
import type { QueryAnswer, QueryText } from '../query/contract/index.ts';
import { type AccountStatement, WeirError } from '../runtime/index.ts';
import { eventsOfServer } from './events-of-server.ts';
import { askAggregator, namedServer, type ServerOptions, type ServerRequest } from './server/index.ts';
import { answerOfServer } from './server-answer.ts';

const optionNames = {
  server: '--server',
  tokenFile: '--token-file',
  caFile: '--ca-file',
  context: '--context',
  serviceAccount: '--service-account',
  aggregator: '--aggregator',
} as const satisfies Record<keyof ServerOptions, string>;

/**
 * A process that runs, asked over HTTP. Each question finds it anew, since tokens and port-forwards end while
 * an assistant thinks.
 */
export class RunningSource implements AnswerSource, AsyncDisposable {
  readonly commandOptions: readonly string[];
  readonly #options: ServerOptions;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.commandOptions = Object.entries(optionNames).flatMap(([key, name]) => {
      const value = options[key as keyof ServerOptions];
      return value === undefined ? [] : [name, value];
    });
  }

  query(question: QueryText, signal: AbortSignal): Promise<QueryAnswer> {
    const parameters = Object.entries(question).map(([name, value]) => [name, String(value)]);
    return answerOfServer(this.#options, Object.fromEntries(parameters), signal);
  }

  async records({ since, where, last }: RecordsAsked, signal: AbortSignal): Promise<FoundRecords> {
    const query = new URLSearchParams({ last: String(last) });
    if (where !== '') query.set('where', where);
    if (since !== undefined) query.set('since', since);
    let reach = Number.NaN;
    const onHeaders: ServerRequest['onHeaders'] = ({ [REACH_HEADER]: text }) => {
      reach = Date.parse(String(text));
    };
    const lines = await this.#linesOf({ path: `/flows?${query}`, signal, onHeaders });
    const missed = lines.filter((line) => missedRecordsIn(line) !== undefined);
    return {
      records: lines
        .filter((line) => missedRecordsIn(line) === undefined)
        .map((line) => jsonOf<FoundRecords['records'][number]>(line)),
      reachesBackToMs: Number.isNaN(reach) ? undefined : reach,
      notices: missed.map(
        (line) =>
          `${missedRecordsText(missedRecordsIn(line)!)} are missing: ${missedReasonIn(line) ?? 'they were read too slowly'}`,
      ),
    };
  }

  events(asked: EventsAsked, signal: AbortSignal): Promise<EventsAnswer> {
    const { since, until, search, kinds, namespace, limit } = asked;
    const query = new URLSearchParams({ since, until, limit: String(limit) });
    if (search !== '') query.set('search', search);
    for (const kind of kinds) query.append('kind', kind);
    if (namespace !== undefined) query.set('namespace', namespace);
    return eventsOfServer(this.#options, query, signal);
  }

  async ledger(signal: AbortSignal): Promise<readonly AccountStatement[]> {
    return jsonOf((await this.#linesOf({ path: '/ledger', signal })).join(''));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #linesOf(request: Omit<ServerRequest, 'token'>): Promise<string[]> {
    const { address, token } = await namedServer(this.#options);
    const lines: string[] = [];
    for await (const some of await askAggregator(address, { ...request, token })) lines.push(...some);
    return lines;
  }
}

function jsonOf<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new WeirError('WEIR_SERVER_REFUSED', `expected JSON, found ${text.slice(0, 80)}`, { cause });
  }
}
