import type { KeptEvent } from '../../flow/index.ts';
import { HttpError, type Route, readRequestBody, routeWith, sendJson } from '../../http/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { alertsInBody } from './alert-body.ts';

/** Octets of a message with alerts. */
export const MOST_ALERT_OCTETS = 1_048_576;
/** Alerts that are remembered, so that a repeated one is no further event. */
const MOST_REMEMBERED = 10_000;

/** The answer of POST /alerts. */
export interface AlertsTaken {
  /** Alerts that became events. The others were told before. */
  readonly kept: number;
}

export interface AlertsRouteParts {
  readonly clock: Clock;
  /** Keeps an event; undefined: this process keeps none. */
  readonly keepEvent: () => ((event: KeptEvent) => void) | undefined;
}

/**
 * POST /alerts: the webhook of Alertmanager. Each alert that begins or ends is an event. It repeats alerts as
 * long as they fire.
 */
export function alertsRoute({ clock, keepEvent }: AlertsRouteParts): Route {
  const known = new Set<string>();
  return routeWith({ maxBodyOctets: MOST_ALERT_OCTETS, needsToken: true }, async ({ request, response }) => {
    const body = await readRequestBody(request, MOST_ALERT_OCTETS);
    const alerts = alertsInBody(body, clock.now());
    const keep = keepEvent();
    if (keep === undefined) throw new HttpError(404, 'this process keeps no events');
    const fresh = alerts.filter(({ key }) => !known.has(key));
    for (const { key, event } of fresh) {
      known.add(key);
      if (known.size > MOST_REMEMBERED) known.delete(known.values().next().value!);
      keep(event);
    }
    sendJson(response, { kept: fresh.length } satisfies AlertsTaken);
  });
}
