/** Datagrams of sFlow version 5 assembled by hand, independently of the tested reader. */
import { octets, u16, u32 } from './ipfix-octets.ts';

type Part = number | string | Uint8Array | readonly Part[];

export interface SflowHeader {
  /** Hexadecimal; default 10.0.0.9. */
  readonly agent?: string;
  readonly subAgent?: number;
  readonly sequence?: number;
  readonly uptimeMs?: number;
  /** Samples that the header announces. */
  readonly count?: number;
}

export function sflow(header: SflowHeader, ...samples: readonly Uint8Array[]): Uint8Array {
  const { agent = '0a000009', subAgent = 3, sequence = 1, uptimeMs = 1_000_000 } = header;
  return octets(
    octets(u32(5), u32(agent.length === 8 ? 1 : 2), agent),
    octets(u32(subAgent), u32(sequence), u32(uptimeMs), u32(header.count ?? samples.length)),
    ...samples,
  );
}

/** A record or sample: format, length, content. */
export function sflowPart(format: number, ...content: Part[]): Uint8Array {
  const body = octets(...content);
  return octets(u32(format), u32(body.length), body);
}

export interface FlowSample {
  readonly sequence?: number;
  readonly source?: number;
  readonly rate?: number;
  readonly drops?: number;
  readonly input?: number;
  readonly output?: number;
  /** Records that the sample announces. */
  readonly count?: number;
}

const rest = (sample: FlowSample) => octets(u32(sample.rate ?? 100), u32(123_456), u32(sample.drops ?? 0));

export function flowSample(sample: FlowSample, ...records: readonly Uint8Array[]): Uint8Array {
  const { sequence = 1, source = 5, input = 5, output = 6, count = records.length } = sample;
  return sflowPart(
    1,
    octets(u32(sequence), u32(source), rest(sample), u32(input), u32(output), u32(count)),
    ...records,
  );
}

/** As `flowSample`, with 32 bits for each kind and each index. */
export function expandedFlowSample(sample: FlowSample, ...records: readonly Uint8Array[]): Uint8Array {
  const { sequence = 1, source = 5, input = 5, output = 6, count = records.length } = sample;
  const interfaces = octets(u32(0), u32(input), u32(0), u32(output));
  return sflowPart(
    3,
    octets(u32(sequence), u32(0), u32(source), rest(sample), interfaces, u32(count)),
    ...records,
  );
}

export const counterSample = sflowPart(2, u32(1), u32(5), u32(0));

/** The begin of a packet in a sample; its frame has as many octets unless given. */
export function rawHeader(header: Uint8Array, frameOctets = header.length, protocol = 1): Uint8Array {
  const padding = new Uint8Array((4 - (header.length % 4)) % 4);
  return sflowPart(1, octets(u32(protocol), u32(frameOctets), u32(0), u32(header.length), header, padding));
}

const macs = '02000000000b 02000000000a';
const tcpHeader = octets(u16(40_000), u16(443), u32(1), u32(2), '5018 0100 0000 0000');

/** An Ethernet frame: addresses, tags, type, packet. */
export const ethernet = (type: number, packet: Part, tags: Part = []): Uint8Array =>
  octets(macs, tags, u16(type), packet);

export interface Ipv4 {
  readonly protocol?: number;
  readonly length?: number;
  readonly fragment?: number;
  readonly options?: Part;
}

/** From 10.0.0.1 to 10.0.0.2 with type of service 0x20; default TCP with PSH and ACK to port 443. */
export function ipv4(transport: Part = tcpHeader, ip: Ipv4 = {}): Uint8Array {
  const { protocol = 6, fragment = 0, options = [] } = ip;
  const words = 5 + octets(options).length / 4;
  const payload = octets(transport);
  const length = ip.length ?? 4 * words + payload.length;
  return octets(
    octets(0x40 | words, 0x20, u16(length), u16(7), u16(fragment), 64, protocol, u16(0)),
    '0a000001 0a000002',
    options,
    payload,
  );
}

/** From 2001:db8::1 to 2001:db8::2 with traffic class 0x20. */
export function ipv6(nextHeader: number, payload: Part, length?: number): Uint8Array {
  const body = octets(payload);
  return octets(
    octets('62000000', u16(length ?? body.length), nextHeader, 64),
    '20010db8000000000000000000000001 20010db8000000000000000000000002',
    body,
  );
}
