const HANDSHAKE = 22;
/** The first octet of the version, in a record of TLS and of DTLS. */
const TLS_VERSION = 3;
const DTLS_VERSION = 0xfe;

/** Octets that begin TLS or DTLS, in words: one of the two ends has a wrong protocol. Undefined for others. */
export function securedText(octets: Uint8Array): string | undefined {
  if (octets[0] === HANDSHAKE && octets[1] === TLS_VERSION) return secured('TLS', 'tls', 'tcp');
  if (octets[0] === HANDSHAKE && octets[1] === DTLS_VERSION) return secured('DTLS', 'dtls', 'udp');
  return undefined;
}

const secured = (name: string, protocol: string, plain: string): string =>
  `it speaks ${name}: listen on ${protocol}:// here, or send over ${plain} there`;
