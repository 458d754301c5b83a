/** Numbers on the wire and the names that people see for them. */
export interface Enumeration {
  /** Key of the name in JSON, where the name stands beside the number instead of replacing it. */
  readonly key?: string;
  readonly names: ReadonlyMap<number, string>;
}

const makeEnumeration = (names: Record<number, string>, key?: string): Enumeration => ({
  names: new Map(Object.entries(names).map(([number, name]) => [Number(number), name])),
  ...(key === undefined ? {} : { key }),
});

/** RFC 5102 section 5.11.3. */
export const flowEndReasons = makeEnumeration({
  1: 'IdleTimeout',
  2: 'ActiveTimeout',
  3: 'EndOfFlow',
  4: 'ForcedEnd',
  5: 'LackOfResources',
});

export const EndReason = { idle: 1, active: 2, end: 3, forced: 4, lackOfResources: 5 } as const;

/**
 * RFC 5103 section 6.3. Its value 0 means that the direction was assigned arbitrarily. Weir has no value
 * then: either way nobody vouches for the direction.
 */
export const biflowDirections = makeEnumeration({ 1: 'Initiator', 2: 'ReverseInitiator', 3: 'Perimeter' });

export const BiflowDirection = { arbitrary: 0, initiator: 1, reverseInitiator: 2 } as const;

/** Which ends of a flow its observer has. */
export const observers = makeEnumeration({ 1: 'Source', 2: 'Destination', 3: 'Both', 4: 'Neither' });

export const Observer = { unknown: 0, source: 1, destination: 2, both: 3, neither: 4 } as const;
export type Observer = (typeof Observer)[keyof typeof Observer];

/** Ingress is 0, as in IANA's registry. The reference system has 255 where a node is not just one end. */
export const flowDirections = makeEnumeration({ 1: 'Egress', 255: 'NotApplicable' });

export const FlowDirection = { ingress: 0, egress: 1, notApplicable: 255 } as const;

export const flowTypes = makeEnumeration({
  1: 'IntraNode',
  2: 'InterNode',
  3: 'ToExternal',
  4: 'FromExternal',
});

export const FlowType = {
  unspecified: 0,
  intraNode: 1,
  interNode: 2,
  toExternal: 3,
  fromExternal: 4,
} as const;

export const ruleActions = makeEnumeration({ 1: 'Allow', 2: 'Drop', 3: 'Reject' });

export const RuleAction = { none: 0, allow: 1, drop: 2, reject: 3 } as const;

export const policyTypes = makeEnumeration({
  1: 'K8sNetworkPolicy',
  2: 'AntreaNetworkPolicy',
  3: 'AntreaClusterNetworkPolicy',
  4: 'K8sClusterNetworkPolicy',
});

/** IANA protocol numbers that have a customary short name. */
export const protocols = makeEnumeration(
  {
    1: 'ICMP',
    2: 'IGMP',
    4: 'IPIP',
    6: 'TCP',
    17: 'UDP',
    33: 'DCCP',
    41: 'IPv6',
    47: 'GRE',
    50: 'ESP',
    51: 'AH',
    58: 'ICMPv6',
    89: 'OSPF',
    112: 'VRRP',
    132: 'SCTP',
    136: 'UDPLite',
  },
  'protocol',
);

export const Protocol = { icmp: 1, tcp: 6, udp: 17, dccp: 33, icmpv6: 58, sctp: 132, udplite: 136 } as const;

/** 1 at the number of each protocol that has ports. */
export const hasPorts = new Uint8Array(256);
for (const protocol of [Protocol.tcp, Protocol.udp, Protocol.dccp, Protocol.sctp, Protocol.udplite]) {
  hasPorts[protocol] = 1;
}

/** Number of a protocol by name or decimal text; undefined when it is neither. */
export function protocolNumber(text: string): number | undefined {
  if (/^\d{1,3}$/.test(text)) {
    const number = Number(text);
    return number <= 255 ? number : undefined;
  }
  return numberOf(protocols, text);
}

/** Number of a name in an enumeration, in any case, with or without hyphens ("inter-node"). */
export function numberOf(from: Enumeration, text: string): number | undefined {
  const wanted = text.replaceAll('-', '').toLowerCase();
  for (const [number, name] of from.names) if (name.toLowerCase() === wanted) return number;
  return undefined;
}

/** Linux conntrack's TCP states by number (include/uapi/linux/netfilter/nf_conntrack_tcp.h). */
export const connectionStateNames = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
] as const;
