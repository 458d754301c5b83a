import {
  type ByteReader,
  createTemplate,
  elementNamed,
  type MessageFormat,
  type MessageHeader,
  reportError,
} from '../wire/index.ts';

export const v5HeaderOctets = 24;
export const v5RecordOctets = 48;

/** The lower bits of the header's sampling field are the interval, the upper two its mode. */
const INTERVAL_BITS = 0x3fff;

/** The fixed record, in its order, by the elements of the same meaning and their octets. */
const fields = [
  ['sourceIPv4Address', 4],
  ['destinationIPv4Address', 4],
  ['ipNextHopIPv4Address', 4],
  ['ingressInterface', 2],
  ['egressInterface', 2],
  ['packetDeltaCount', 4],
  ['octetDeltaCount', 4],
  ['flowStartSysUpTime', 4],
  ['flowEndSysUpTime', 4],
  ['sourceTransportPort', 2],
  ['destinationTransportPort', 2],
  ['paddingOctets', 1],
  ['tcpControlBits', 1],
  ['protocolIdentifier', 1],
  ['ipClassOfService', 1],
  ['bgpSourceAsNumber', 2],
  ['bgpDestinationAsNumber', 2],
  ['sourceIPv4PrefixLength', 1],
  ['destinationIPv4PrefixLength', 1],
  ['paddingOctets', 2],
] as const;

/** Version 5 has no templates: this one describes its record. Its id is that of none. */
export const v5Template = createTemplate(
  0,
  fields.map(([name, length]) => ({ element: elementNamed(name)!, length })),
);

/**
 * Messages of NetFlow v5. The records of each are one set. Those that
 * fit are read, also when the header announces another number.
 *
 *     version = 5 (2) | count (2) | uptime, ms (4) | Unix time, s (4) | its nanoseconds (4) |
 *       flows before (4) | engine type (1) | engine id (1) | sampling mode (2 bits), interval (14 bits)
 *     records (48 each)
 *
 * Cisco, NetFlow export datagram format, version 5.
 */
export const v5Format: MessageFormat = {
  open(message) {
    const { sets, start, handler } = message;
    const { left: available, end } = sets;
    if (available < v5HeaderOctets) {
      const text = `a header of NetFlow v5 has ${v5HeaderOctets} octets, but only ${available} are present`;
      handler.error({ offset: 0, reason: 'message-header-truncated', text });
      return false;
    }
    const header = readHeader(sets);
    message.header = header;
    const { announcedRecords } = header.netflow!;
    const present = Math.floor(sets.left / v5RecordOctets);
    sets.end = sets.offset + Math.min(announcedRecords, present) * v5RecordOctets;
    handler.header?.(header);
    const place = { offset: sets.end - start };
    if (announcedRecords > present) {
      const text = `the message announces ${announcedRecords} records, but has only ${present}`;
      reportError(message, place, 'record-truncated', text);
    } else if (sets.end < end) {
      const text = `${end - sets.end} octets follow the ${announcedRecords} records that the message announces`;
      reportError(message, place, 'trailing-octets', text);
    }
    return true;
  },
  readSet({ sets, header, start, handler }) {
    const { bytes, offset, end } = sets;
    sets.skip(sets.left);
    handler.data({ header, template: v5Template, bytes, messageStart: start, offset, end });
  },
};

function readHeader(reader: ByteReader): MessageHeader {
  const length = reader.left;
  reader.skip(2);
  const announcedRecords = reader.unsigned16();
  const uptimeMs = reader.unsigned32();
  const exportTimeSeconds = reader.unsigned32() + reader.unsigned32() / 1e9;
  const sequenceNumber = reader.unsigned32();
  const domain = reader.unsigned16();
  const samplingInterval = reader.unsigned16() & INTERVAL_BITS;
  const netflow = { version: 5, uptimeMs, announcedRecords, samplingInterval } as const;
  return { length, exportTimeSeconds, sequenceNumber, domain, netflow };
}
