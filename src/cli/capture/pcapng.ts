import type { FileReader } from './file-reader.ts';
import { type Fault, MAX_BLOCK_OCTETS, type Packet } from './packet.ts';
import { viewOf } from './pcap.ts';

const SECTION_HEADER = 0x0a0d0d0a; // the same in both byte orders
const INTERFACE = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
/** Maximum interfaces of a section; a file with more is made to fill memory. */
const MAX_INTERFACES = 65_536;

/** An option of an interface: the unit of its times, as an exponent of 10, or of 2 with the high bit. */
const TIME_RESOLUTION = 9;
const MICROSECOND_MS = 1e-3;

interface Interface {
  readonly linkType: number;
  /** Milliseconds in a unit of its times. */
  readonly unitMs: number;
}

interface PacketBlock {
  readonly interfaceId: number;
  /** In units of the interface, since 1970. */
  readonly time: number | undefined;
  readonly octets: Uint8Array;
}

export function isPcapng(start: Uint8Array): boolean {
  return start.length >= 4 && viewOf(start).getUint32(0) === SECTION_HEADER;
}

/**
 * The packets of a pcapng file, from all its sections and interfaces.
 *
 *     block: type (4) | length of all of it (4) | body, padded to 4 | length again (4)
 * draft-ietf-opsawg-pcapng; the byte order is that of the section's magic.
 */
export async function* readPcapng(file: FileReader): AsyncGenerator<Packet | Fault> {
  let little = true;
  let interfaces: Interface[] = [];
  let number = 0;
  for (;;) {
    const offset = file.offset;
    const start = await file.peek(12);
    if (start.length === 0) return;
    if (start.length >= 12 && viewOf(start).getUint32(0) === SECTION_HEADER) {
      little = viewOf(start).getUint32(8, true) === BYTE_ORDER;
      interfaces = [];
    }
    const length = start.length < 12 ? 12 : viewOf(start).getUint32(4, little);
    if (length < 12 || length % 4 !== 0 || length > MAX_BLOCK_OCTETS) {
      yield { offset, reason: 'block-length-invalid', text: `a block says ${length} octets` };
      return;
    }
    const block = await file.take(length);
    if (block.length < length) {
      yield { offset, reason: 'file-truncated', text: 'the file ends within a block' };
      return;
    }
    const view = viewOf(block);
    const type = view.getUint32(0, little);
    if (type === INTERFACE && length >= 20 && interfaces.length < MAX_INTERFACES)
      interfaces.push(interfaceOf(view, little));
    if (type !== ENHANCED_PACKET && type !== SIMPLE_PACKET && type !== OBSOLETE_PACKET) continue;
    number++;
    const packet = packetOf(type, block, view, little);
    const from = packet === undefined ? undefined : interfaces[packet.interfaceId];
    if (packet === undefined || from === undefined) {
      yield {
        offset,
        reason: 'packet-block-invalid',
        text: `packet ${number} does not fit its block or has no interface`,
      };
    } else {
      const { octets, time } = packet;
      const timeMs = time === undefined ? undefined : time * from.unitMs;
      yield { number, linkType: from.linkType, timeMs, octets };
    }
  }
}

/**
 *     link type (2) | reserved (2) | snapshot length (4) | options, each: code (2) | octets (2) | value,
 *       padded to 4
 */
function interfaceOf(view: DataView, little: boolean): Interface {
  const linkType = view.getUint16(8, little);
  const end = view.byteLength - 4;
  for (let at = 16; at + 5 <= end; ) {
    const code = view.getUint16(at, little);
    if (code === 0) break;
    if (code === TIME_RESOLUTION) return { linkType, unitMs: unitMsOf(view.getUint8(at + 4)) };
    at += 4 + 4 * Math.ceil(view.getUint16(at + 2, little) / 4);
  }
  return { linkType, unitMs: MICROSECOND_MS };
}

const unitMsOf = (resolution: number): number =>
  1_000 * (resolution < 0x80 ? 10 ** -resolution : 2 ** -(resolution - 0x80));

/**
 *     enhanced: interface (4) | time (4, 4) | captured (4) | original (4) | octets
 *     obsolete: interface (2) | drops (2) | time (4, 4) | captured (4) | original (4) | octets
 *     simple:   original (4) | octets, as many as the block has
 */
function packetOf(type: number, block: Uint8Array, view: DataView, little: boolean): PacketBlock | undefined {
  const end = block.length - 4;
  if (type === SIMPLE_PACKET) {
    if (end < 12) return undefined;
    return {
      interfaceId: 0,
      time: undefined,
      octets: block.subarray(12, Math.min(end, 12 + view.getUint32(8, little))),
    };
  }
  if (end < 28) return undefined;
  const captured = view.getUint32(20, little);
  if (28 + captured > end) return undefined;
  const interfaceId = type === ENHANCED_PACKET ? view.getUint32(8, little) : view.getUint16(8, little);
  const time = view.getUint32(12, little) * 2 ** 32 + view.getUint32(16, little);
  return { interfaceId, time, octets: block.subarray(28, 28 + captured) };
}
