import type { Ledger } from '../../runtime/index.ts';
import { type Route, sendJson } from './http-server.ts';

/** GET /ledger, /healthz (the process answers) and /readyz (all its parts have started). */
export function statusRoutes(ledger: Ledger, isReady: () => boolean): Record<string, Route> {
  return {
    '/ledger': (_, response) => sendJson(response, ledger),
    '/healthz': (_, response) => sendJson(response, { status: 'ok' }),
    '/readyz': (_, response) => {
      const ready = isReady();
      sendJson(response, { status: ready ? 'ready' : 'starting' }, ready ? 200 : 503);
    },
  };
}
