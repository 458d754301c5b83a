import type { FileReader } from './file-reader.ts';
import { type Fault, MAX_BLOCK_OCTETS, type Packet } from './packet.ts';

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;

/** Whether a file begins as a pcap file, in either byte order. */
export function isPcap(start: Uint8Array): boolean {
  if (start.length < 4) return false;
  const view = viewOf(start);
  return [view.getUint32(0, true), view.getUint32(0, false)].some(
    (magic) => magic === MICROSECONDS || magic === NANOSECONDS,
  );
}

/**
 * The packets of a pcap file.
 *
 *     file:   magic (4) | version (2, 2) | reserved (4, 4) | snapshot length (4) | FCS, link type (4)
 *     packet: seconds (4) | micro- or nanoseconds (4) | captured length (4) | original length (4) | octets
 *
 * draft-ietf-opsawg-pcap, sections 4 and 5; all in the byte order of the magic.
 */
export async function* readPcap(file: FileReader): AsyncGenerator<Packet | Fault> {
  const header = viewOf(await file.take(24));
  if (header.byteLength < 24) {
    yield { offset: 0, reason: 'file-truncated', text: 'a pcap file begins with 24 octets' };
    return;
  }
  const magic = header.getUint32(0, true);
  const little = magic === MICROSECONDS || magic === NANOSECONDS;
  const linkType = header.getUint32(20, little) & 0xffff;
  const fractionsAMillisecond = header.getUint32(0, little) === NANOSECONDS ? 1e6 : 1e3;
  for (let number = 1; ; number++) {
    const offset = file.offset;
    const packet = viewOf(await file.take(16));
    if (packet.byteLength === 0) return;
    const captured = packet.byteLength === 16 ? packet.getUint32(8, little) : 0;
    if (captured > MAX_BLOCK_OCTETS) {
      yield { offset, reason: 'packet-length-invalid', text: `packet ${number} says ${captured} octets` };
      return;
    }
    const octets = await file.take(captured);
    if (packet.byteLength < 16 || octets.length < captured) {
      yield { offset, reason: 'file-truncated', text: `the file ends within packet ${number}` };
      return;
    }
    const timeMs = packet.getUint32(0, little) * 1_000 + packet.getUint32(4, little) / fractionsAMillisecond;
    yield { number, linkType, timeMs, octets };
  }
}

export function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}
