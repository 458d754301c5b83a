/**
 * IPFIX messages out of files: captures of packets (pcap, pcapng), with TCP streams put together again, and
 * files of messages (RFC 5655). Knows nothing of what the messages say.
 */
export type {
  Captured,
  CapturedMessage,
  CapturedSession,
  CapturedUndecoded,
  CaptureFault,
} from './captured.ts';
export { readIpfixFile } from './ipfix-file.ts';
