/** Writes events of a cluster beside the flows, into streams of their own with the same fields. */

export { eventFieldNames, eventServiceName } from './event-line.ts';
export { EventLog } from './event-log.ts';
