import {
  ByteReader,
  endOfSets,
  type MessageContext,
  type MessageHandler,
  type MessageHeader,
  MessageReading,
  minimumDataSetId,
  readDataSet,
  reportError,
  setHeaderOctets,
  type TemplateStore,
} from '../wire/index.ts';
import { readV9Templates, v9OptionsTemplateSetId } from './v9-templates.ts';

export const v9HeaderOctets = 20;

/**
 * Reads the header of the message of NetFlow v9 in `bytes[start, end)`, which is a whole datagram: its header
 * has no length. As in IPFIX, a message whose sets exceed it is discarded, and a fault inside a set costs the
 * rest of that set. Zero octets after the last set are padding.
 *
 *     version = 9 (2) | count (2) | uptime, ms (4) | Unix time, s (4) | messages before (4) | source id (4)
 *     sets, each: id (2) | length, including these four octets (2) | …
 *
 * RFC 3954 section 5.
 */
export function openV9Message(
  bytes: Uint8Array,
  store: TemplateStore,
  handler: MessageHandler,
  start: number,
  end: number,
): MessageReading | undefined {
  const available = end - start;
  if (available < v9HeaderOctets) {
    const text = `a header of NetFlow v9 has ${v9HeaderOctets} octets, but only ${available} are present`;
    handler.error({ offset: 0, reason: 'message-header-truncated', text });
    return undefined;
  }
  const header = readHeader(new ByteReader(bytes, start, end));
  const context: MessageContext = { header, start, store, handler };
  const firstSet = start + v9HeaderOctets;
  const setsEnd = endOfSets(new ByteReader(bytes, firstSet, end), context, true);
  if (setsEnd < 0) return undefined;
  handler.header?.(header);
  return new MessageReading(context, new ByteReader(bytes, firstSet, setsEnd), readSet);
}

function readHeader(reader: ByteReader): MessageHeader {
  const length = reader.left;
  reader.skip(2);
  const announcedRecords = reader.unsigned16();
  const uptimeMs = reader.unsigned32();
  const exportTimeSeconds = reader.unsigned32();
  const sequenceNumber = reader.unsigned32();
  const domain = reader.unsigned32();
  const netflow = { version: 9, uptimeMs, announcedRecords, samplingInterval: 0 } as const;
  return { length, exportTimeSeconds, sequenceNumber, domain, netflow };
}

function readSet(sets: ByteReader, context: MessageContext): void {
  const offset = sets.offset - context.start;
  const setId = sets.unsigned16();
  const set = sets.within(sets.unsigned16() - setHeaderOctets);
  if (setId >= minimumDataSetId) readDataSet(setId, set, context);
  else if (setId <= v9OptionsTemplateSetId) readV9Templates(setId, set, context);
  else reportError(context, { offset, setId }, 'set-id-reserved', `no sets are defined with the id ${setId}`);
}
