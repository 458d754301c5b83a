import type { KeptEvent } from '../../flow/index.ts';
import { HttpError, type Route, readRequestBody, routeWith, sendJson } from '../../http/index.ts';
import type { Clock, Log } from '../../runtime/index.ts';
import { readAlertMessage } from './alert-body.ts';

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
  readonly log: Log;
  /** Keeps an event; undefined: this process keeps none. */
  readonly keepEvent: () => ((event: KeptEvent) => void) | undefined;
}

/**
 * POST /alerts: the webhook of Alertmanager. Each alert that begins or ends is an event. It repeats alerts as
 * long as they fire. When two Prometheus tell the same alert, a repeated one may have an earlier begin.
 */
export function alertsRoute({ clock, log, keepEvent }: AlertsRouteParts): Route {
  const known = new LatestTimes();
  return routeWith({ maxBodyOctets: MOST_ALERT_OCTETS, needsToken: true }, async ({ request, response }) => {
    const body = await readRequestBody(request, MOST_ALERT_OCTETS);
    const { alerts, leftOut } = readAlertMessage(body, clock.now());
    const keep = keepEvent();
    if (keep === undefined) throw new HttpError(404, 'this process keeps no events');
    const fresh = alerts.filter(({ key, timeMs }) => known.learn(key, timeMs));
    for (const { event } of fresh) keep(event);
    if (leftOut > 0)
      log.limited(
        'alerts',
        'left out',
        `${leftOut} alerts of a group are not told: raise max_alerts in Alertmanager, or make its groups smaller`,
      );
    sendJson(response, { kept: fresh.length } satisfies AlertsTaken);
  });
}

/** The latest time of each alert. The alert that was told longest ago is forgotten first. */
class LatestTimes {
  readonly #times = new Map<string, number>();

  /** Whether this time is news. */
  learn(key: string, timeMs: number): boolean {
    const before = this.#times.get(key);
    this.#times.delete(key);
    this.#times.set(key, Math.max(timeMs, before ?? 0));
    if (this.#times.size > MOST_REMEMBERED) this.#times.delete(this.#times.keys().next().value!);
    return before === undefined || timeMs > before;
  }
}
