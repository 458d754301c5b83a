/**
 * The Collecting Process of RFC 7011. It reads messages from any number of exporters over TCP and UDP. It
 * passes on flow records as batches of columns and other records as plain values. Its accounts of messages
 * and records balance. Templates and sequence numbers never leave their session. Knows no consumer of
 * records.
 */
export {
  CollectingProcess,
  type CollectingProcessOptions,
  type CollectingReadings,
  type ExporterState,
  type PassingExporter,
  type SessionBounds,
} from './collecting-process.ts';
export type { DecodeErrorCount, ExporterReading } from './exporter-histories.ts';
export { type ListenAddress, parseListenAddress } from './listen-address.ts';
export type { MessageConsumer, MessageSource } from './message-consumer.ts';
export { defaultListenEnd, listenAddresses, sessionOptions, stateDirectory } from './options.ts';
export type { CollectedRecord, RecordConsumer } from './record-delivery.ts';
export { type RecordedSession, UNKNOWN_EXPORTER } from './recorded-reading.ts';
export { SequenceCheck, type SequenceVerdict } from './sequence-check.ts';
export type { Passage } from './session-table.ts';
export { StreamFramer } from './stream-framer.ts';
