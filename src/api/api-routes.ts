import type { KeptEvent } from '../flow/index.ts';
import { healthRoutes, ledgerRoute, type MetricsHandler, metricsRoute, type Routes } from '../http/index.ts';
import type { ExporterReading } from '../ipfix/index.ts';
import type { QueryDesk } from '../query/index.ts';
import type { Clock, Ledger, Log } from '../runtime/index.ts';
import type { Guard } from './access/index.ts';
import { alertsRoute, eventsRoute } from './events/index.ts';
import { flowsRoute, logqlRoute, RecentFlows } from './flows/index.ts';
import { openApiRoutes } from './openapi/index.ts';
import { queryRoutes } from './query/index.ts';
import {
  exportersRoute,
  type FlowCollector,
  type FlowListing,
  flowCollectorsRoute,
  flowRecordsRoute,
  logLevelRoutes,
  type RecordMetrics,
  recordMetricsRoute,
} from './records/index.ts';

/** What the API answers from. */
export interface ApiParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
  /** The flows of the last minutes. */
  readonly recent: RecentFlows;
  /** The directory of the history that this process keeps; undefined for none. */
  readonly history: () => string | undefined;
  /** Keeps an event beside it; undefined: this process keeps none. */
  readonly keepEvent: () => ((event: KeptEvent) => void) | undefined;
  /** Answers questions about it. */
  readonly queries: QueryDesk;
  /** The flows that are in the table. */
  readonly listing: FlowListing;
  readonly recordMetrics: () => RecordMetrics;
  readonly collectors: () => readonly FlowCollector[];
  readonly exporters: () => readonly ExporterReading[];
}

/** The routes of flows for clients who may read all: on loopback, or with the one token of the server. */
export function openRoutes(parts: ApiParts): Routes {
  const { clock, ledger, recent, listing } = parts;
  return {
    '/flows': flowsRoute(recent, clock, ledger, ofHistory(parts)),
    '/flows/logql': logqlRoute,
    '/flowrecords': flowRecordsRoute(listing, clock),
    '/events': eventsRoute(parts),
    'POST /alerts': alertsRoute(parts),
    ...queryRoutes(parts),
    ...processRoutes(parts),
    ...openApiRoutes('local'),
  };
}

/** The routes of a history alone, without a process that writes it. */
export function storedRoutes(
  parts: Pick<ApiParts, 'clock' | 'ledger' | 'log' | 'history' | 'queries'>,
): Routes {
  const { clock, ledger } = parts;
  const recent = new RecentFlows(clock, ledger, { windowMs: 1, maxOctets: 1 });
  return {
    '/flows': flowsRoute(recent, clock, ledger, ofHistory(parts)),
    '/flows/logql': logqlRoute,
    '/events': eventsRoute(parts),
    ...queryRoutes(parts),
    ...ledgerRoute(ledger),
  };
}

export interface GuardedParts extends ApiParts {
  readonly metrics: MetricsHandler;
  readonly readiness: Parameters<typeof healthRoutes>[0];
}

/**
 * The routes of the API server in a cluster. Its state and the description of the API are for everybody.
 * Flows are for those who may read them, in part or all. Each other path is for those who may use it.
 */
export function guardedRoutes(parts: GuardedParts, guard: Guard): Routes {
  const { clock, ledger, recent, listing, metrics, readiness } = parts;
  const { scopeOf } = guard;
  const ofProcess = {
    ...processRoutes(parts),
    ...metricsRoute(metrics),
    'POST /alerts': alertsRoute(parts),
  };
  const protectedRoutes = Object.entries(ofProcess).map(([key, route]) => [key, guard.protect(route)]);
  return {
    '/flows': flowsRoute(recent, clock, ledger, { name: 'api', scopeOf, ...ofHistory(parts) }),
    '/flowrecords': flowRecordsRoute(listing, clock, scopeOf),
    '/events': eventsRoute({ ...parts, scopeOf }),
    ...queryRoutes({ ...parts, scopeOf }),
    ...Object.fromEntries(protectedRoutes),
    ...healthRoutes(readiness),
    ...openApiRoutes('cluster'),
  };
}

const ofHistory = ({ history, queries, log }: Pick<ApiParts, 'history' | 'queries' | 'log'>) => ({
  stored: { history, queries, onTrouble: (text: string) => log.limited('history', 'not read', text) },
});

function processRoutes({
  ledger,
  log,
  recordMetrics,
  collectors,
  exporters,
  clock,
}: Pick<ApiParts, 'ledger' | 'log' | 'recordMetrics' | 'collectors' | 'exporters' | 'clock'>): Routes {
  return {
    ...ledgerRoute(ledger),
    '/recordmetrics': recordMetricsRoute(recordMetrics),
    '/flowcollectors': flowCollectorsRoute(collectors),
    '/exporters': exportersRoute(exporters, clock),
    ...logLevelRoutes(log),
  };
}
