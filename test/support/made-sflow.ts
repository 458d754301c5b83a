import { elementOf } from '../../src/ipfix/index.ts';
import type { MadeMessage, MadeRecord } from './made-exporter.ts';
import { MessageOctets } from './message-octets.ts';
import type { Random } from './random.ts';

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const ARP = 0x0806;
const VLAN_TAG = 0x8100;
const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;

/** An interface that the agent does not know. */
const UNKNOWN_INTERFACE = 0x3fff_ffff;
const SUB_AGENTS = [3, 4];
const SOURCES = [5, 6, 70_000];

type Family = 4 | 6;

/** What a record says, by IANA's elements of the same meaning and the octets that Weir gives them. */
class Said {
  readonly fields: {
    readonly enterprise: 0;
    readonly id: number;
    readonly type: never;
    readonly length: number;
  }[] = [];
  readonly values: string[] = [];

  number(id: number, length: number, value: number): this {
    return this.#add(id, length, String(value));
  }

  octets(id: number, octets: Uint8Array): this {
    return this.#add(id, octets.length, JSON.stringify(addressText(octets)));
  }

  #add(id: number, length: number, text: string): this {
    this.fields.push({ enterprise: 0, id, type: elementOf(0, id).type as never, length });
    this.values.push(text);
    return this;
  }
}

function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const hex = Buffer.from(octets).toString('hex');
  return octets.length === 6 ? hex.replace(/..\B/g, '$&:') : hex.replace(/....\B/g, '$&:');
}

/** No group of an IPv6 address begins with a zero, so there is one way to write it. */
const address = (family: Family, random: Random): Uint8Array =>
  random.octets(family === 4 ? 4 : 16).map((octet) => octet | 0x10);

/** The parts of a sample, in the order of what its record says. */
interface Sampled {
  readonly records: MessageOctets[];
  readonly ethernet: Said;
  readonly packet: Said;
  vlan: number;
}

/** Makes the datagrams of one sFlow agent (sFlow version 5), and knows what a collector must read in them. */
export class MadeSflowAgent {
  readonly #family: Family;
  readonly #address: Uint8Array;
  readonly #sendsFlows: boolean;
  /** Datagrams of each sub-agent, and samples of each of its sources. */
  readonly #sequences = new Map<string, number>();

  /** @param sendsFlows whether all its packets are of IP */
  constructor(sendsFlows: boolean, family: Family = 4) {
    this.#sendsFlows = sendsFlows;
    this.#family = family;
    this.#address = family === 4 ? Uint8Array.of(10, 0, 0, 9) : new Uint8Array(16).fill(0x21);
  }

  make(random: Random, uptimeMs = 1_000_000): MadeMessage {
    const subAgent = random.of(SUB_AGENTS);
    const into = new MessageOctets().number('version', 4, 5);
    into.number('list header', 4, this.#family === 4 ? 1 : 2).put('value', this.#address);
    into.number('domain', 4, subAgent).number('sequence', 4, this.#next(`${subAgent}`));
    const samples = random.between(1, 8);
    into.number('time', 4, uptimeMs).number('field count', 4, samples);
    const records: MadeRecord[] = [];
    for (let n = 0; n < samples; n++) {
      const record = this.#sample(into, subAgent, random);
      if (record !== undefined) records.push(record);
    }
    return { octets: into.octets, parts: into.parts, records };
  }

  #next(key: string): number {
    const sequence = this.#sequences.get(key) ?? 1;
    this.#sequences.set(key, sequence + 1);
    return sequence;
  }

  #sample(into: MessageOctets, subAgent: number, random: Random): MadeRecord | undefined {
    if (random.isOneIn(6)) {
      writeOther(into, random.of([2, 4, 5, 0x1001]), random);
      return undefined;
    }
    const isExpanded = random.isOneIn(2);
    const source = random.of(SOURCES);
    const rate = random.of([0, 1, 100, 4_096]);
    const content = new MessageOctets();
    content.number('sequence', 4, this.#next(`${subAgent} ${source}`));
    if (isExpanded) content.number('value', 4, 0);
    content.number('value', 4, source).number('value', 4, rate).number('value', 4, random.unsigned32());
    content.number('value', 4, 0);
    const said = new Said().octets(this.#family === 4 ? 130 : 131, this.#address);
    said.number(138, 4, source).number(34, 4, rate);
    for (const id of [10, 14]) said.number(id, 4, writeInterface(content, isExpanded, random));
    said.number(2, 1, 1).number(161, 1, 0);
    const isShown = writeRecords(content, said, this.#sendsFlows, random);
    write(into, isExpanded ? 3 : 1, content);
    if (!isShown) return undefined;
    return { template: { id: 0, scope: 0, fields: said.fields }, domain: subAgent, values: said.values };
  }
}

function write(into: MessageOctets, format: number, content: MessageOctets): void {
  into.number('sample format', 4, format).number('sample length', 4, content.length).append(content);
}

/** A sample or record of another format. */
function writeOther(into: MessageOctets, format: number, random: Random): void {
  write(into, format, new MessageOctets().put('value', random.octets(4 * random.below(12))));
}

/** @returns the index of the interface; 0 for none, several or an unknown one */
function writeInterface(into: MessageOctets, isExpanded: boolean, random: Random): number {
  const kind = random.of([0, 0, 0, 1, 2]);
  const value = random.of([0, 7, 70_000, UNKNOWN_INTERFACE]);
  if (isExpanded) into.number('value', 4, kind).number('value', 4, value);
  else into.number('value', 4, kind * 2 ** 30 + value);
  return kind === 0 && value !== UNKNOWN_INTERFACE ? value : 0;
}

/** @returns whether they show a packet */
function writeRecords(into: MessageOctets, said: Said, sendsFlows: boolean, random: Random): boolean {
  const isShown = !random.isOneIn(10);
  const sampled: Sampled = { records: [], ethernet: new Said(), packet: new Said(), vlan: 0 };
  let family: Family | 0 = 0;
  if (isShown)
    family = random.isOneIn(3) ? addIpRecord(sampled, random) : addHeader(sampled, sendsFlows, random);
  const route = new Said();
  const postVlan = addRoute(sampled, route, family, random);
  if (random.isOneIn(3)) {
    const other = new MessageOctets();
    writeOther(other, random.of([2, 7, 1_004, 0x1001]), random);
    sampled.records.push(other);
  }
  into.number('field count', 4, sampled.records.length);
  for (const record of sampled.records) into.append(record);
  const vlans = new Said();
  if (sampled.vlan !== 0) vlans.number(58, 2, sampled.vlan);
  if (postVlan !== 0) vlans.number(59, 2, postVlan);
  for (const part of [sampled.ethernet, vlans, sampled.packet, route]) {
    said.fields.push(...part.fields);
    said.values.push(...part.values);
  }
  return isShown;
}

/** The begin of a frame. */
function addHeader(sampled: Sampled, sendsFlows: boolean, random: Random): Family | 0 {
  const family = sendsFlows || !random.isOneIn(6) ? random.of<Family>([4, 6]) : 0;
  const type = family === 0 ? ARP : family === 4 ? IPV4 : IPV6;
  const macs = [random.octets(6), random.octets(6)] as const;
  const header = new MessageOctets().put('value', macs[0]).put('value', macs[1]);
  if (random.isOneIn(3)) {
    sampled.vlan = random.between(1, 4_094);
    header.number('value', 2, VLAN_TAG).number('value', 2, 0x6000 | sampled.vlan);
  }
  header.number('value', 2, type);
  if (family === 0) header.put('value', random.octets(28));
  else addPacket(header, sampled.packet, family, random);
  const frameOctets = random.between(header.length, 1_500);
  sampled.ethernet.octets(80, macs[0]).octets(56, macs[1]).number(256, 2, type).number(312, 2, frameOctets);
  const content = new MessageOctets().number('value', 4, 1).number('value', 4, frameOctets);
  content.number('value', 4, 4).number('value length', 4, header.length).append(header);
  content.putRaw(new Uint8Array((4 - (header.length % 4)) % 4));
  const record = new MessageOctets();
  write(record, 1, content);
  sampled.records.push(record);
  return family;
}

/** The headers of an IP packet (RFC 791, RFC 8200) and of what it carries. */
function addPacket(into: MessageOctets, said: Said, family: Family, random: Random): void {
  const protocol = random.of([TCP, TCP, UDP, family === 4 ? ICMP : ICMPV6, 47]);
  const octets = random.between(60, 1_400);
  const classOfService = random.below(256);
  const [source, destination] = [address(family, random), address(family, random)];
  if (family === 4) {
    into.number('value', 1, 0x45).number('value', 1, classOfService).number('value length', 2, octets);
    into.number('value', 4, 0).number('value', 1, 64).number('value', 1, protocol).number('value', 2, 0);
  } else {
    into.number('value', 4, 0x6000_0000 + classOfService * 2 ** 20).number('value length', 2, octets - 40);
    into.number('value', 1, protocol).number('value', 1, 64);
  }
  into.put('value', source).put('value', destination);
  saysPacket(said, family, [source, destination], [octets, protocol, classOfService]);
  const [one, other, flags] = [random.below(65_536), random.below(65_536), random.below(256)];
  if (protocol === TCP) {
    into.number('value', 2, one).number('value', 2, other).put('value', random.octets(8));
    into.number('value', 1, 0x50).number('value', 1, flags).put('value', random.octets(6));
    said.number(7, 2, one).number(11, 2, other).number(6, 1, flags);
  } else if (protocol === UDP) {
    into.number('value', 2, one).number('value', 2, other).number('value length', 2, 8).number('value', 2, 0);
    said.number(7, 2, one).number(11, 2, other);
  } else {
    into.number('value', 2, one).put('value', random.octets(6));
    if (protocol !== 47) said.number(family === 4 ? 32 : 139, 2, one);
  }
}

function saysPacket(
  said: Said,
  family: Family,
  [source, destination]: readonly [Uint8Array, Uint8Array],
  [octets, protocol, classOfService]: readonly [number, number, number],
): void {
  said.octets(family === 4 ? 8 : 27, source).octets(family === 4 ? 12 : 28, destination);
  said.number(1, 4, octets).number(4, 1, protocol).number(5, 1, classOfService);
}

/** A packet by its fields, without its header. */
function addIpRecord(sampled: Sampled, random: Random): Family {
  const family = random.of<Family>([4, 6]);
  const ends = [address(family, random), address(family, random)] as const;
  const protocol = random.of([TCP, UDP]);
  const ports = [random.between(1, 65_535), random.below(65_536)] as const;
  const [octets, flags, classOfService] = [random.between(20, 9_000), random.below(256), random.below(256)];
  const content = new MessageOctets().number('value length', 4, octets).number('value', 4, protocol);
  content.put('value', ends[0]).put('value', ends[1]);
  for (const value of [...ports, flags, classOfService]) content.number('value', 4, value);
  const record = new MessageOctets();
  write(record, family === 4 ? 3 : 4, content);
  sampled.records.push(record);
  saysPacket(sampled.packet, family, ends, [octets, protocol, classOfService]);
  sampled.packet.number(7, 2, ports[0]).number(11, 2, ports[1]);
  if (protocol === TCP) sampled.packet.number(6, 1, flags);
  return family;
}

/** Records of how the packet passed the device. @returns the VLAN in which it left, 0 for none */
function addRoute(sampled: Sampled, said: Said, family: Family | 0, random: Random): number {
  const { records } = sampled;
  const add = (format: number, content: MessageOctets) => {
    const record = new MessageOctets();
    write(record, format, content);
    records.push(record);
  };
  let postVlan = 0;
  if (random.isOneIn(3)) {
    const vlan = random.below(4_095);
    postVlan = random.below(4_095);
    const words = [vlan, 0, postVlan, 0];
    const content = new MessageOctets();
    for (const word of words) content.number('value', 4, word);
    add(1_001, content);
    sampled.vlan ||= vlan;
  }
  const hop = random.of<Family>([4, 6]);
  const writeHop = (octets: Uint8Array) =>
    new MessageOctets().number('list header', 4, hop === 4 ? 1 : 2).put('value', octets);
  if (random.isOneIn(3)) {
    const nextHop = address(hop, random);
    const [source, destination] = [random.below(129), random.below(129)];
    add(1_002, writeHop(nextHop).number('value', 4, source).number('value', 4, destination));
    const isIPv4 = (family || hop) === 4;
    said.octets(hop === 4 ? 15 : 62, nextHop);
    said.number(isIPv4 ? 9 : 29, 1, source).number(isIPv4 ? 13 : 30, 1, destination);
  }
  if (random.isOneIn(3)) addPath(add, said, writeHop(address(hop, random)), random);
  return postVlan;
}

function addPath(
  add: (format: number, content: MessageOctets) => void,
  said: Said,
  content: MessageOctets,
  random: Random,
): void {
  const [own, source, previous] = [random.unsigned32(), random.unsigned32(), random.unsigned32()];
  content.number('value', 4, own).number('value', 4, source).number('value', 4, previous);
  const path = Array.from({ length: random.below(4) }, () => random.between(1, 2 ** 31));
  content.number('field count', 4, path.length > 0 ? 1 : 0);
  if (path.length > 0) content.number('list header', 4, 2).number('field count', 4, path.length);
  for (const system of path) content.number('value', 4, system);
  add(1_003, content.number('field count', 4, 0).number('value', 4, 100));
  said.number(16, 4, source).number(17, 4, path.at(-1) ?? 0);
  said.number(129, 4, previous).number(128, 4, path[0] ?? 0);
}
