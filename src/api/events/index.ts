/** What happened, over HTTP: events beside the flow history, and alerts that others tell. */
export { MOST_ALERTS } from './alert-body.ts';
export { type AlertsTaken, alertsRoute, MOST_ALERT_OCTETS } from './alerts-route.ts';
export {
  DEFAULT_EVENTS,
  DEFAULT_EVENTS_SINCE,
  type EventsParameter,
  eventsParameters,
  MOST_EVENTS_ASKED,
  MOST_SEARCH,
} from './events-query.ts';
export { eventsRoute } from './events-route.ts';
