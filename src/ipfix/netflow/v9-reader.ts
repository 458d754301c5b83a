import {
  type ByteReader,
  endOfSets,
  type MessageFormat,
  type MessageHeader,
  type MessageReader,
  minimumDataSetId,
  readDataSet,
  reportError,
  setHeaderOctets,
} from '../wire/index.ts';
import { readV9Templates, v9OptionsTemplateSetId } from './v9-templates.ts';

export const v9HeaderOctets = 20;

/**
 * Messages of NetFlow v9. Each is a whole datagram: its header has no length. As in IPFIX, a message whose
 * sets exceed it is discarded, and a fault inside a set costs the rest of that set. Zero octets after the
 * last set are padding.
 *
 *     version = 9 (2) | count (2) | uptime, ms (4) | Unix time, s (4) | messages before (4) | source id (4)
 *     sets, each: id (2) | length, including these four octets (2) | …
 *
 * RFC 3954 section 5.
 */
export const v9Format: MessageFormat = {
  open(message) {
    const { sets, handler } = message;
    const available = sets.left;
    if (available < v9HeaderOctets) {
      const text = `a header of NetFlow v9 has ${v9HeaderOctets} octets, but only ${available} are present`;
      handler.error({ offset: 0, reason: 'message-header-truncated', text });
      return false;
    }
    const header = readHeader(sets);
    message.header = header;
    const firstSet = sets.offset;
    const setsEnd = endOfSets(sets, message, true);
    if (setsEnd < 0) return false;
    handler.header?.(header);
    sets.offset = firstSet;
    sets.end = setsEnd;
    return true;
  },
  readSet,
};

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

function readSet(message: MessageReader): void {
  const { sets } = message;
  const offset = sets.offset - message.start;
  const setId = sets.unsigned16();
  const set = sets.within(sets.unsigned16() - setHeaderOctets);
  if (setId >= minimumDataSetId) readDataSet(setId, set, message);
  else if (setId <= v9OptionsTemplateSetId) readV9Templates(setId, set, message);
  else reportError(message, { offset, setId }, 'set-id-reserved', `no sets are defined with the id ${setId}`);
}
