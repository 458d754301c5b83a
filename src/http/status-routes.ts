import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Ledger } from '../runtime/index.ts';
import { sendJson } from './http-error.ts';
import type { Route, Routes } from './route.ts';

/** GET /ledger. */
export function ledgerRoute(ledger: Ledger): Routes {
  return { '/ledger': ({ response }) => sendJson(response, ledger) };
}

/** Answers with the metrics of the process, in the format that the request asks for. */
export type MetricsHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** GET /metrics. */
export function metricsRoute(handle: MetricsHandler): Routes {
  return { '/metrics': ({ request, response }) => handle(request, response) };
}

/** Whether a process can do its work. */
export interface Readiness {
  /** Whether all its parts have started and none has stopped. */
  readonly isReady: boolean;
  /** Reasons why it may miss flows, with remedies; empty when all is well. */
  readonly problems: readonly string[];
  /** What it lacks without missing flows, with remedies. Default nothing. */
  readonly remarks?: readonly string[];
}

const answerAlive: Route = ({ response }) => sendJson(response, { status: 'ok' });

/** GET /healthz, /livez (the process answers) and /readyz (all parts run, and it sees what it should). */
export function healthRoutes(readiness: Readiness): Routes {
  return {
    '/healthz': answerAlive,
    '/livez': answerAlive,
    '/readyz': ({ response }) => {
      const { isReady, problems, remarks = [] } = readiness;
      if (!isReady) sendJson(response, { status: 'starting' }, 503);
      else if (problems.length > 0) sendJson(response, { status: 'blind', problems }, 503);
      else sendJson(response, { status: 'ready', ...(remarks.length > 0 && { remarks }) }, 200);
    },
  };
}
