import { type FlowBatch, readRecord } from '../../flow/index.ts';
import type { Route } from '../../http/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { everyFlow, ReaderPlaces, type ScopeOf } from '../scopes/index.ts';
import { FlowTuple } from './flow-tuple.ts';
import { ListAnswer } from './list-answer.ts';
import { recordMapOf } from './record-map.ts';

/** The flows that are now in the aggregator's table, in batches; the reader may pause between two. */
export interface FlowListing {
  flowBatches(): Iterable<FlowBatch>;
}

/** Clients that list flows at a time: each has the processor for most of its time. */
const placesOptions = { most: 4, mostOfOne: 2, what: 'listing flows', headers: { 'retry-after': '5' } };
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
