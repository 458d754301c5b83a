import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type FlowBatch, readRecord } from '../../flow/index.ts';
import type { Route } from '../../http/index.ts';
import { type Clock, printableText } from '../../runtime/index.ts';
import { everyFlow, ReaderPlaces, type ScopeOf } from '../scopes/index.ts';
import { FlowTuple } from './flow-tuple.ts';
import { recordMapOf } from './record-map.ts';

/** The flows that are now in the aggregator's table, in batches; the reader may pause between two. */
export interface FlowListing {
  flowBatches(): Iterable<FlowBatch>;
}

/** Clients that list flows at a time: each has the processor for most of its time. */
const placesOptions = { most: 4, mostOfOne: 2, what: 'listing flows', headers: { 'retry-after': '5' } };
/** A client that takes nothing for this long is disconnected. */
const STALL_MS = 30_000;
const ROWS_A_TURN = 128;

/**
 * GET /flowrecords: the flows that are now in the table, as a JSON list of maps. The query may have srcip,
 * dstip, proto, srcport and dstport, each of them exact.
 */
export function flowRecordsRoute(
  listing: FlowListing,
  clock: Clock,
  scopeOf: ScopeOf = async () => everyFlow,
): Route {
  const places = new ReaderPlaces(placesOptions);
  return async ({ url, request, response }) => {
    const tuple = new FlowTuple(url.searchParams);
    const scope = await scopeOf(request, 'list');
    const leave = places.take(scope.reader);
    try {
      const answer = new ListAnswer(response, clock);
      for (const batch of listing.flowBatches()) {
        const view = await scope.view(batch);
        const isMatch = tuple.bind(view.batch);
        for (let row = 0; row < batch.length; row++) {
          if ((view.mayRead?.(row) ?? true) && isMatch(row))
            answer.add(recordMapOf(readRecord(view.batch, row)));
          if (row % ROWS_A_TURN === ROWS_A_TURN - 1) await answer.flush();
        }
        await answer.flush();
        if (response.destroyed) return;
      }
      answer.end();
    } finally {
      leave();
    }
  };
}

/** A JSON list that is sent in pieces. Between two pieces others have their turn. */
class ListAnswer {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  #items: string[] = [];
  #hasBegun = false;

  constructor(response: ServerResponse, clock: Clock) {
    this.#response = response;
    this.#clock = clock;
  }

  add(item: object): void {
    this.#items.push(printableText(JSON.stringify(item)));
  }

  /** Sends what there is, and waits until the client takes it. */
  async flush(): Promise<void> {
    if (this.#items.length > 0 && !this.#write(this.#text())) await this.#drained();
    else await new Promise<void>((resolve) => setImmediate(resolve));
  }

  end(): void {
    this.#write(this.#hasBegun ? '\n]\n' : '[]\n');
    this.#response.end();
  }

  #text(): string {
    const text = `${this.#hasBegun ? ',\n' : '[\n'}${this.#items.join(',\n')}`;
    this.#items = [];
    return text;
  }

  #write(text: string): boolean {
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    }
    this.#hasBegun = true;
    return this.#response.write(text);
  }

  async #drained(): Promise<void> {
    if (this.#response.destroyed) return;
    const cancel = this.#clock.after(STALL_MS, () => this.#response.destroy());
    const settled = new AbortController();
    const { signal } = settled;
    const events = ['drain', 'close'].map((event) => once(this.#response, event, { signal }));
    await Promise.race(events).catch(() => {});
    settled.abort();
    cancel();
  }
}
