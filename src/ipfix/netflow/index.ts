/**
 * NetFlow v9 (RFC 3954) and v5. Their messages give the same data sets and templates as those of IPFIX, so
 * one reader of data sets reads all. Pure, as `wire/` is.
 */
export { type ExportProtocol, exportProtocols, isNetflowPacket, protocolOf } from './export-protocol.ts';
export { messageFormats, readExportedSets } from './message-formats.ts';
export { UptimeFollower } from './uptime-follower.ts';
export { v9HeaderOctets } from './v9-reader.ts';
