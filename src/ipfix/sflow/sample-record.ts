import { type ByteWriter, createTemplate, elementNamed, type Template } from '../wire/index.ts';
import { type Family, NONE, type SampledPacket, ShownTransport } from './sampled-packet.ts';

type Field = readonly [element: string, octets: number];

/** What a record has: a template for each combination of these. */
interface Shape {
  readonly agent: Family;
  readonly isEthernet: boolean;
  readonly hasVlan: boolean;
  readonly hasPostVlan: boolean;
  readonly family: Family;
  readonly transport: ShownTransport;
  readonly nextHop: Family;
  readonly hasPath: boolean;
}

/** A number for each shape. */
function shapeNumberOf(agent: 4 | 6, packet: SampledPacket): number {
  return (
    (agent === 6 ? 1 : 0) |
    (packet.ethernetAt !== NONE ? 2 : 0) |
    (packet.vlan !== NONE ? 4 : 0) |
    (packet.postVlan !== NONE ? 8 : 0) |
    (packet.hasPath ? 16 : 0) |
    (packet.transport << 5) |
    (packet.family << 7) |
    (packet.nextHopFamily << 10)
  );
}

const templates = new Map<number, Template>();

/** The template of a record; sFlow has none on the wire, and its id is that of none. */
export function packetTemplateOf(agent: 4 | 6, packet: SampledPacket): Template {
  const number = shapeNumberOf(agent, packet);
  const known = templates.get(number);
  if (known !== undefined) return known;
  const fields = fieldsOf({
    agent,
    isEthernet: packet.ethernetAt !== NONE,
    hasVlan: packet.vlan !== NONE,
    hasPostVlan: packet.postVlan !== NONE,
    family: packet.family,
    transport: packet.transport,
    nextHop: packet.nextHopFamily,
    hasPath: packet.hasPath,
  });
  const template = createTemplate(
    0,
    fields.map(([name, length]) => ({ element: elementNamed(name)!, length })),
  );
  templates.set(number, template);
  return template;
}

const addressOctetsOf: Readonly<Record<Family, number>> = { 0: 0, 4: 4, 6: 16 };

/** In the order of `writePacket`. The packet is a flow of one packet that takes no time. */
function fieldsOf(shape: Shape): Field[] {
  const { agent, family, transport, nextHop } = shape;
  const fields: Field[] = [
    [`exporterIPv${agent}Address`, addressOctetsOf[agent]],
    ['observationPointId', 4],
    ['samplingInterval', 4],
    ['ingressInterface', 4],
    ['egressInterface', 4],
    ['packetDeltaCount', 1],
    ['flowDurationMilliseconds', 1],
  ];
  if (shape.isEthernet) {
    fields.push(['destinationMacAddress', 6], ['sourceMacAddress', 6]);
    fields.push(['ethernetType', 2], ['dataLinkFrameSize', 2]);
  }
  if (shape.hasVlan) fields.push(['vlanId', 2]);
  if (shape.hasPostVlan) fields.push(['postVlanId', 2]);
  if (family !== 0) {
    const octets = addressOctetsOf[family];
    fields.push([`sourceIPv${family}Address`, octets], [`destinationIPv${family}Address`, octets]);
    fields.push(['octetDeltaCount', 4], ['protocolIdentifier', 1], ['ipClassOfService', 1]);
  }
  if (transport === ShownTransport.icmp) fields.push([`icmpTypeCodeIPv${family}`, 2]);
  else if (transport !== ShownTransport.none)
    fields.push(['sourceTransportPort', 2], ['destinationTransportPort', 2]);
  if (transport === ShownTransport.tcp) fields.push(['tcpControlBits', 1]);
  if (nextHop !== 0) {
    fields.push([`ipNextHopIPv${nextHop}Address`, addressOctetsOf[nextHop]]);
    fields.push([`sourceIPv${family || nextHop}PrefixLength`, 1]);
    fields.push([`destinationIPv${family || nextHop}PrefixLength`, 1]);
  }
  if (shape.hasPath) {
    fields.push(['bgpSourceAsNumber', 4], ['bgpDestinationAsNumber', 4]);
    fields.push(['bgpPrevAdjacentAsNumber', 4], ['bgpNextAdjacentAsNumber', 4]);
  }
  return fields;
}

/**
 * Writes the record of a packet, as its template has it.
 * @param bytes the datagram, in which the agent's address begins at `agentAt`
 */
export function writePacket(
  writer: ByteWriter,
  bytes: Uint8Array,
  agent: 4 | 6,
  agentAt: number,
  packet: SampledPacket,
): void {
  copyOctets(writer, bytes, agentAt, addressOctetsOf[agent]);
  writer.unsigned32(packet.sourceIndex);
  writer.unsigned32(packet.samplingRate);
  writer.unsigned32(packet.ingressInterface);
  writer.unsigned32(packet.egressInterface);
  writer.unsigned8(1);
  writer.unsigned8(0);
  if (packet.ethernetAt !== NONE) {
    copyOctets(writer, bytes, packet.ethernetAt, 12);
    writer.unsigned16(packet.etherType);
    writer.unsigned16(Math.min(packet.frameOctets, 0xffff));
  }
  if (packet.vlan !== NONE) writer.unsigned16(packet.vlan);
  if (packet.postVlan !== NONE) writer.unsigned16(packet.postVlan);
  if (packet.family !== 0) {
    copyOctets(writer, bytes, packet.addressesAt, 2 * addressOctetsOf[packet.family]);
    writer.unsigned32(packet.octets);
    writer.unsigned8(packet.protocol);
    writer.unsigned8(packet.classOfService);
  }
  writeTransport(writer, packet);
  if (packet.nextHopFamily !== 0) {
    copyOctets(writer, bytes, packet.nextHopAt, addressOctetsOf[packet.nextHopFamily]);
    writer.unsigned8(packet.sourcePrefix);
    writer.unsigned8(packet.destinationPrefix);
  }
  if (packet.hasPath) {
    writer.unsigned32(packet.sourceAs);
    writer.unsigned32(packet.destinationAs);
    writer.unsigned32(packet.previousAs);
    writer.unsigned32(packet.nextAs);
  }
}

function writeTransport(writer: ByteWriter, packet: SampledPacket): void {
  const { transport } = packet;
  if (transport === ShownTransport.none) return;
  if (transport === ShownTransport.icmp) {
    writer.unsigned16(packet.icmpTypeCode);
    return;
  }
  writer.unsigned16(packet.sourcePort);
  writer.unsigned16(packet.destinationPort);
  if (transport === ShownTransport.tcp) writer.unsigned8(packet.controlBits);
}

/** Faster than `set` for so few octets, and without a view of them. */
function copyOctets(writer: ByteWriter, bytes: Uint8Array, at: number, octets: number): void {
  for (let i = 0; i < octets; i++) writer.unsigned8(bytes[at + i]!);
}
