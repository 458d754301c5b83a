/**
 * Reads messages of IPFIX and NetFlow from files: packet captures (pcap, pcapng), with TCP streams
 * reassembled, and files of messages (RFC 5655). Knows nothing of the content of messages.
 */
export type {
  Captured,
  CapturedMessage,
  CapturedSession,
  CapturedUndecoded,
  CaptureFault,
} from './captured.ts';
export { readIpfixFile } from './ipfix-file.ts';
export { RecentlyUsed } from './recently-used.ts';
