import type { FlowBatch } from '../../flow/index.ts';
import type { Template } from '../wire/index.ts';

/** How records are sent: as IPFIX, or as one JSON object a line, as the reference system does. */
export const recordFormats = ['IPFIX', 'JSON'] as const;
export type RecordFormat = (typeof recordFormats)[number];

/** A message with all its records. A message of IPFIX gets its time and sequence number when it leaves. */
export interface PackedMessage {
  /** A copy by `copyMessage`: whoever is done with the message releases it. */
  readonly octets: Uint8Array;
  readonly records: number;
  /** The template of its records, which must be announced before it; JSON has none. */
  readonly template?: Template;
}

/** Takes packed messages. */
export interface PackedMessageHandler {
  packed(message: PackedMessage): void;
  /** The record in this row is larger than any message may be. */
  tooLarge(batch: FlowBatch, row: number): void;
}

/** Writes the rows of batches into messages. */
export interface Packer {
  /** Records in the message that is not yet full. */
  readonly records: number;
  /** Changes the size of messages from the next one on. */
  maxOctets: number;
  add(batch: FlowBatch): void;
  /** Passes on the message that is not yet full, unless it is empty. */
  flush(): void;
  /** Discards the message that is not yet full. */
  discard(): void;
}
