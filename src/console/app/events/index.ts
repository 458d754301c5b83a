/** What happened at the time that is shown: a list, and a search. The pictures over time mark it. */
export { useEvents } from './asked-events.ts';
export { EventPanel, searchedEvents } from './event-panel.tsx';
