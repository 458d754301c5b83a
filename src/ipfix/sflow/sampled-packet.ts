/** Of the transport header, what a sample shows. */
export const ShownTransport = { none: 0, ports: 1, tcp: 2, icmp: 3 } as const;
export type ShownTransport = (typeof ShownTransport)[keyof typeof ShownTransport];

/** The family of an address; 0 without one. */
export type Family = 0 | 4 | 6;

/** No VLAN, or no place in the datagram. */
export const NONE = -1;

/**
 * What a flow sample shows of one packet and of its way. One object serves all samples, because one for each
 * would be garbage. Addresses are places in the datagram.
 */
export class SampledPacket {
  /** Number of the sample from its source, and packets of this source that it could not sample, in all. */
  sequenceNumber = 0;
  drops = 0;
  /** Kind and index of the source: an interface, a VLAN or another part of the device. */
  sourceKind = 0;
  sourceIndex = 0;
  /** One of this many packets was sampled. */
  samplingRate = 0;
  /** 0 for none, more than one, or unknown. */
  ingressInterface = 0;
  egressInterface = 0;
  /** Place of the Ethernet addresses, the destination's first. */
  ethernetAt = NONE;
  etherType = 0;
  frameOctets = 0;
  vlan = NONE;
  postVlan = NONE;
  family: Family = 0;
  /** Place of the IP addresses, the source's first. */
  addressesAt = NONE;
  /** Of the IP packet with its header. */
  octets = 0;
  protocol = 0;
  classOfService = 0;
  transport: ShownTransport = ShownTransport.none;
  sourcePort = 0;
  destinationPort = 0;
  controlBits = 0;
  /** Type, and code in the lower eight bits. */
  icmpTypeCode = 0;
  nextHopFamily: Family = 0;
  nextHopAt = NONE;
  sourcePrefix = 0;
  destinationPrefix = 0;
  hasPath = false;
  sourceAs = 0;
  destinationAs = 0;
  previousAs = 0;
  nextAs = 0;

  /** Whether the sample has shown a packet. */
  get isShown(): boolean {
    return this.family !== 0 || this.ethernetAt !== NONE;
  }

  /** Forgets the packet of the sample before. */
  clear(): void {
    this.ethernetAt = NONE;
    this.vlan = NONE;
    this.postVlan = NONE;
    this.family = 0;
    this.transport = ShownTransport.none;
    this.nextHopFamily = 0;
    this.hasPath = false;
  }
}
