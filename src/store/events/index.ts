/**
 * Events beside the flow history: one process writes them (`EventStore`), any process reads them
 * (`readEvents`). Needs no DuckDB.
 */
export { type EventsWanted, readEvents } from './event-reader.ts';
export { type EventBounds, EventStore } from './event-store.ts';
