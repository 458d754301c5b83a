import { RECORD_HEADER_OCTETS, recordLengthAt } from './record-header.ts';

/**
 * Divides records that follow each other into datagrams. A datagram contains whole records only, and as many
 * as fit into it (RFC 6347 section 4.1.1). Each is a copy.
 */
export function* datagramsOf(records: Uint8Array, maxOctets: number): Generator<Uint8Array> {
  let start = 0;
  for (let at = 0; at + RECORD_HEADER_OCTETS <= records.length; ) {
    const end = at + RECORD_HEADER_OCTETS + recordLengthAt(records, at);
    if (end - start > maxOctets && at > start) {
      yield Buffer.from(records.subarray(start, at));
      start = at;
    }
    at = end;
  }
  if (start < records.length) yield Buffer.from(records.subarray(start));
}
