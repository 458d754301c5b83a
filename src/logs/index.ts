/**
 * Loki: flows to streams and lines.
 */
export { FlowLines, type FlowLinesOptions } from './flow-lines/flow-lines.ts';
