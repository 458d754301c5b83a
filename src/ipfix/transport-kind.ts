/** A transport of IPFIX, and its properties (RFC 7011 section 10). */
export interface TransportKind {
  /**
   * Whether messages arrive whole and in order on a connection, or not at all. If not, templates expire, are
   * sent again periodically and never withdrawn (section 8.4). Unless it is secured, senders may then forge
   * their address.
   */
  readonly isReliable: boolean;
  /** Whether both ends authenticate and the messages are encrypted. */
  readonly isSecured: boolean;
  /** Whether Weir exports and collects over it. */
  readonly isAvailable: boolean;
  /** The protocol number of the IP payload. */
  readonly ipProtocol: number;
}

const TCP = 6;
const UDP = 17;

/** By the names in addresses. */
export const transportKinds = {
  tcp: { isReliable: true, isSecured: false, isAvailable: true, ipProtocol: TCP },
  udp: { isReliable: false, isSecured: false, isAvailable: true, ipProtocol: UDP },
  tls: { isReliable: true, isSecured: true, isAvailable: true, ipProtocol: TCP },
  dtls: { isReliable: false, isSecured: true, isAvailable: true, ipProtocol: UDP },
} as const satisfies Record<string, TransportKind>;

export type TransportName = keyof typeof transportKinds;
export const transportNames = Object.keys(transportKinds) as TransportName[];

/**
 * Those over which Weir exports and collects. Each needs a transport and a listener, or it does not compile.
 */
export type AvailableTransport = {
  [K in TransportName]: (typeof transportKinds)[K]['isAvailable'] extends true ? K : never;
}[TransportName];

export const isAvailableTransport = (name: string): name is AvailableTransport =>
  transportNames.some((known) => known === name && transportKinds[known].isAvailable);

export const availableTransports: readonly AvailableTransport[] = transportNames.filter(isAvailableTransport);

/** IANA's port for IPFIX. */
export const DEFAULT_PORT = 4739;
