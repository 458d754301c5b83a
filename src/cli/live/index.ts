/** The current flows on a terminal. Takes records as any sink does; knows nothing of their source. */
export { drawFrame, type Picture, plainStyle, type Size } from './frame.ts';
export { type LiveFlow, LiveFlows, type LiveTotals } from './live-flows.ts';
export { LiveScreen } from './live-screen.ts';
export { lostRecords } from './lost-records.ts';
