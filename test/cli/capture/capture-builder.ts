/** Captures made of nothing but the octets that a test wants in them. */

export const concat = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
const be16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];
const be32 = (value: number): number[] => [...be16(value >>> 16), ...be16(value)];
const le32 = (value: number): number[] => be32(value).reverse();
const le16 = (value: number): number[] => be16(value).reverse();

/** Template 256: protocolIdentifier (4), one octet, and octetDeltaCount (1), four octets. */
const template = [
  ...be16(2),
  ...be16(16),
  ...be16(256),
  ...be16(2),
  ...be16(4),
  ...be16(1),
  ...be16(1),
  ...be16(4),
];

/** An IPFIX message of domain 1 with records of template 256, announced first when asked for. */
export function ipfixMessage(
  sequenceNumber: number,
  octets: readonly number[],
  announce = sequenceNumber === 0,
): Uint8Array {
  const records = octets.flatMap((count) => [6, ...be32(count)]);
  const sets = [...(announce ? template : []), ...be16(256), ...be16(4 + records.length), ...records];
  return concat(be16(10), be16(16 + sets.length), be32(1_700_000_000), be32(sequenceNumber), be32(1), sets);
}

export function udp(payload: Uint8Array, destinationPort = 4739, sourcePort = 40_000): Uint8Array {
  return ipv4(17, concat(be16(sourcePort), be16(destinationPort), be16(8 + payload.length), [0, 0], payload));
}

export interface Segment {
  readonly sequence: number;
  readonly payload?: Uint8Array;
  /** FIN 1, SYN 2, RST 4. */
  readonly flags?: number;
}

export function tcp({ sequence, payload = new Uint8Array(), flags = 0 }: Segment): Uint8Array {
  return ipv4(
    6,
    concat(be16(40000), be16(4739), be32(sequence >>> 0), be32(0), [0x50, flags], be16(0), be32(0), payload),
  );
}

export function ipv4(protocol: number, payload: Uint8Array): Uint8Array {
  const header = [0x45, 0, ...be16(20 + payload.length), 0, 0, 0, 0, 64, protocol, 0, 0];
  return concat(header, [192, 0, 2, 1], [192, 0, 2, 2], payload);
}

/** The packet cut into fragments whose payloads have so many octets (a multiple of 8) at most. */
export function fragmented(packet: Uint8Array, octets: number): Uint8Array[] {
  const payload = packet.subarray(20);
  const count = Math.ceil(payload.length / octets);
  return Array.from({ length: count }, (_, i) => {
    const piece = ipv4(packet[9]!, payload.subarray(i * octets, (i + 1) * octets));
    const more = i < count - 1 ? 0x2000 : 0;
    new DataView(piece.buffer).setUint16(6, more | ((i * octets) / 8));
    return piece;
  });
}

/** `packet` from 2001:db8::1 behind a hop-by-hop header. */
export function ipv6(packetV4: Uint8Array): Uint8Array {
  const [protocol, payload] = [packetV4[9]!, packetV4.subarray(20)];
  const extension = [protocol, 0, 1, 4, 0, 0, 0, 0];
  const address = (last: number) => [...be32(0x2001_0db8), ...be32(0), ...be32(0), ...be32(last)];
  return concat(
    [0x60, 0, 0, 0],
    be16(extension.length + payload.length),
    [0, 64],
    address(1),
    address(2),
    extension,
    payload,
  );
}

/** What each kind of link puts before an IP packet. */
export const links = {
  ethernet: { type: 1, header: (v: 4 | 6) => [...Array(12).fill(2), ...etherType(v)] },
  vlans: {
    type: 1,
    header: (v: 4 | 6) => [...Array(12).fill(2), 0x88, 0xa8, 0, 7, 0x81, 0, 0, 9, ...etherType(v)],
  },
  raw: { type: 101, header: () => [] },
  loopback: { type: 0, header: () => [2, 0, 0, 0] },
  cooked: { type: 113, header: (v: 4 | 6) => [...Array(14).fill(0), ...etherType(v)] },
  cooked2: { type: 276, header: (v: 4 | 6) => [...etherType(v), ...Array(18).fill(0)] },
} as const;

const etherType = (version: 4 | 6): number[] => (version === 4 ? [8, 0] : [0x86, 0xdd]);

type Link = (typeof links)[keyof typeof links];

const framed = (packet: Uint8Array, link: Link) => concat(link.header((packet[0]! >>> 4) as 4 | 6), packet);

/** @param timesUs when each packet was captured, in microseconds since 1970; otherwise 0 */
export function pcap(
  packets: readonly Uint8Array[],
  link: Link = links.ethernet,
  little = true,
  timesUs: readonly number[] = [],
): Uint8Array {
  const u32 = little ? le32 : be32;
  const version = little ? [2, 0, 4, 0] : [0, 2, 0, 4];
  const header = [...u32(0xa1b2c3d4), ...version, ...u32(0), ...u32(0), ...u32(65535), ...u32(link.type)];
  const blocks = packets.map((packet, index) => {
    const octets = framed(packet, link);
    const timeUs = timesUs[index] ?? 0;
    return concat(
      u32(Math.floor(timeUs / 1e6)),
      u32(timeUs % 1e6),
      u32(octets.length),
      u32(octets.length),
      octets,
    );
  });
  return concat(header, ...blocks);
}

/** @param times when each packet was captured, in units of 10^-resolution seconds since 1970; otherwise 0 */
export function pcapng(
  packets: readonly Uint8Array[],
  link: Link = links.ethernet,
  little = true,
  { times = [], resolution }: { times?: readonly bigint[]; resolution?: number } = {},
): Uint8Array {
  const [u16, u32] = little ? [le16, le32] : [be16, be32];
  const block = (type: number, body: Uint8Array | readonly number[]) => {
    const padded = concat(body, Array((4 - (body.length % 4)) % 4).fill(0));
    return concat(u32(type), u32(padded.length + 12), padded, u32(padded.length + 12));
  };
  const section = block(0x0a0d0d0a, [...u32(0x1a2b3c4d), ...u16(1), ...u16(0), ...Array(8).fill(255)]);
  const options =
    resolution === undefined ? [] : [...u16(9), ...u16(1), resolution, 0, 0, 0, ...u16(0), ...u16(0)];
  const network = block(1, [...u16(link.type), 0, 0, ...u32(0), ...options]);
  const blocks = packets.map((packet, index) => {
    const time = times[index] ?? 0n;
    const octets = framed(packet, link);
    const enhanced = concat(
      u32(0),
      u32(Number(time >> 32n)),
      u32(Number(time & 0xffff_ffffn)),
      u32(octets.length),
      u32(octets.length),
      octets,
    );
    return block(6, enhanced);
  });
  return concat(section, network, ...blocks);
}
