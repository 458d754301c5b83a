/** A transport of IPFIX, and its properties (RFC 7011 section 10). */
export interface TransportKind {
  /**
   * Whether messages arrive whole and in order on a connection, or not at all. If not, templates expire, are
   * sent again periodically and never withdrawn (section 8.4), and senders may forge their address.
   */
  readonly isReliable: boolean;
  /** Whether both ends authenticate and the messages are encrypted. */
  readonly isSecured: boolean;
  /** The protocol number of the IP payload. */
  readonly ipProtocol: 6 | 17;
}

const TCP = 6;
const UDP = 17;

/** By the names in addresses. The two secured ones are not implemented yet. */
export const transportKinds = {
  tcp: { isReliable: true, isSecured: false, ipProtocol: TCP },
  udp: { isReliable: false, isSecured: false, ipProtocol: UDP },
  tls: { isReliable: true, isSecured: true, ipProtocol: TCP },
  dtls: { isReliable: false, isSecured: true, ipProtocol: UDP },
} as const satisfies Record<string, TransportKind>;

export type TransportName = keyof typeof transportKinds;

/** IANA's port for IPFIX. */
export const DEFAULT_PORT = 4739;
