/**
 * sFlow version 5: flow samples become data sets of records of one packet, so one reader of data sets reads
 * all. Pure, as `wire/` is.
 */
export { isSflowPacket, sflowAgentOf, sflowHeaderOctetsAt } from './sflow-datagram.ts';
export { sflowFormat } from './sflow-reader.ts';
