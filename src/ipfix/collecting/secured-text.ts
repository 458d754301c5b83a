const HANDSHAKE = 22;
/** The first octet of the version, in a record of TLS and of DTLS. */
const TLS_VERSION = 3;
const DTLS_VERSION = 0xfe;

/** What octets mean that begin TLS or DTLS: one end has the wrong protocol. Undefined for others. */
export function securedText(octets: Uint8Array): string | undefined {
  if (octets[0] === HANDSHAKE && octets[1] === TLS_VERSION) return wrongProtocolText('TLS', 'tls', 'tcp');
  if (octets[0] === HANDSHAKE && octets[1] === DTLS_VERSION) return wrongProtocolText('DTLS', 'dtls', 'udp');
  return undefined;
}

const wrongProtocolText = (name: string, protocol: string, plain: string): string =>
  `it speaks ${name}: listen on ${protocol}:// here, or send over ${plain} there`;
