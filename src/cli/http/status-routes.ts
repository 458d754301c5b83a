import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Ledger } from '../../runtime/index.ts';
import { sendJson } from './http-error.ts';
import type { Route } from './http-server.ts';

/** GET /ledger. */
export function ledgerRoute(ledger: Ledger): Record<string, Route> {
  return { '/ledger': (_, response) => sendJson(response, ledger) };
}

/** Answers with the metrics of the process, in the format that the request asks for. */
export type MetricsHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** GET /metrics. */
export function metricsRoute(handle: MetricsHandler): Record<string, Route> {
  return { '/metrics': (_, response, request) => handle(request, response) };
}

/** GET /healthz (the process answers) and /readyz (all its parts have started). */
export function healthRoutes(isReady: () => boolean): Record<string, Route> {
  return {
    '/healthz': (_, response) => sendJson(response, { status: 'ok' }),
    '/readyz': (_, response) => {
      const ready = isReady();
      sendJson(response, { status: ready ? 'ready' : 'starting' }, ready ? 200 : 503);
    },
  };
}
