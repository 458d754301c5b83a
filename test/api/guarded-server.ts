import {
  AccessReviewer,
  AUDIENCE,
  Guard,
  guardedRoutes,
  RecentFlows,
  ReviewDesk,
  TokenReviewer,
} from '../../src/api/index.ts';
import { batchOf, type FlowRecord, type KeptEvent } from '../../src/flow/index.ts';
import { type HttpOptions, HttpServer, type Routes } from '../../src/http/index.ts';
import { QueryDesk } from '../../src/query/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { madeExporters } from '../support/made-exporters.ts';
import { FakeReviews } from './fake-reviews.ts';

/** An API server over a window and a table of flows, for callers whom a made-up API server knows. */
export class GuardedServer implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly ledger = new Ledger();
  readonly lines: string[] = [];
  readonly log = new Log(this.clock, (line) => this.lines.push(line));
  readonly reviews = new FakeReviews();
  readonly recent = new RecentFlows(this.clock, this.ledger, { windowMs: 60_000, maxOctets: 10_000_000 });
  readonly server: HttpServer;
  readonly routes: Routes;
  /** The directory of the history, if there is one. */
  directory: string | undefined;
  /** Events that others told. */
  readonly kept: KeptEvent[] = [];
  /** The flows of the table. */
  table: FlowRecord[] = [];
  readonly #queries = new QueryDesk(systemClock);

  constructor(options: HttpOptions = {}) {
    const { clock, ledger, log, recent, reviews } = this;
    const desk = new ReviewDesk({ api: reviews, clock, ledger, log });
    const authorizer = new AccessReviewer(desk);
    const guard = new Guard({ authenticator: new TokenReviewer(desk, AUDIENCE), authorizer, log });
    this.routes = guardedRoutes(
      {
        ...{ clock, ledger, log, recent, queries: this.#queries },
        history: () => this.directory,
        keepEvent: () => (this.directory === undefined ? undefined : (event) => this.kept.push(event)),
        listing: { flowBatches: () => (this.table.length === 0 ? [] : [batchOf(this.table)]) },
        recordMetrics: () => ({
          numRecordsExported: 3,
          numRecordsReceived: 7,
          numRecordsDropped: 0,
          numFlows: this.table.length,
          numConnToCollector: 2,
          withClickHouseExporter: false,
          withS3Exporter: false,
          withLogExporter: true,
          withIPFIXExporter: false,
        }),
        exporters: () => madeExporters,
        collectors: () => [
          { name: 'away', isUp: false, queuedRecords: 4, sentRecords: 0, droppedRecords: 1 },
        ],
        metrics: async (_, response) =>
          void response.setHeader('content-type', 'text/plain; charset=utf-8').end('up 1\n'),
        readiness: { isReady: true, problems: [] },
      },
      guard,
    );
    // On loopback alone a server answers no request for the name of a Service.
    const host = options.https === undefined ? '127.0.0.1' : '';
    this.server = new HttpServer({ host, port: 0 }, this.routes, log, { name: 'api', ...options });
  }

  async start(): Promise<this> {
    await this.server.start();
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    await this.#queries.stop();
  }

  /** Whether at least so many reviews have been answered, and none is on its way. */
  hasSettled(reviews: number): boolean {
    const { received, held } = this.ledger.accounts.find(({ name }) => name === 'access')!;
    return received >= reviews && held === 0;
  }

  /** Makes somebody known, with a token that is his name. */
  know(username: string, ...grants: readonly string[]): void {
    this.reviews.users.set(`token-of-${username}`, { username });
    this.reviews.grants.set(username, grants);
  }

  ask(
    path: string,
    username?: string,
    { headers = {}, ...init }: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Response> {
    const own = username === undefined ? {} : { authorization: `Bearer token-of-${username}` };
    return fetch(this.server.url + path, { ...init, headers: { ...own, ...headers } });
  }

  async json(path: string, username: string): Promise<unknown> {
    return (await this.ask(path, username)).json();
  }
}
