/** A transport that IPFIX may use, and what holds of it (RFC 7011 section 10). */
export interface TransportKind {
  /**
   * Whether messages arrive whole and in order on a connection, or not at all. If not, templates age, are
   * sent again from time to time, and are never withdrawn (section 8.4), and anybody may claim to be the
   * sender.
   */
  readonly isReliable: boolean;
  /** Whether both ends prove who they are, and nobody else reads the messages. */
  readonly isSecured: boolean;
  /** What carries it over IP, by the number of the protocol. */
  readonly ipProtocol: 6 | 17;
}

const TCP = 6;
const UDP = 17;

/** By the names that addresses have. The two that are secured are not built yet. */
export const transportKinds = {
  tcp: { isReliable: true, isSecured: false, ipProtocol: TCP },
  udp: { isReliable: false, isSecured: false, ipProtocol: UDP },
  tls: { isReliable: true, isSecured: true, ipProtocol: TCP },
  dtls: { isReliable: false, isSecured: true, ipProtocol: UDP },
} as const satisfies Record<string, TransportKind>;

export type TransportName = keyof typeof transportKinds;

/** The port that IANA gave to IPFIX. */
export const DEFAULT_PORT = 4739;
