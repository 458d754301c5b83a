/** The version number of IPFIX messages (RFC 7011 section 3.1). */
export const ipfixVersion = 10;
export const messageHeaderOctets = 16;
export const setHeaderOctets = 4;
/** Maximum octets of a message: its length has 16 bits. */
export const maxMessageOctets = 65_535;

export interface MessageHeader {
  /** Octets of the whole message. */
  readonly length: number;
  /** When the message left the Exporting Process, in seconds since 1970. */
  readonly exportTimeSeconds: number;
  /** Data records sent before this message in this session and domain, modulo 2^32. */
  readonly sequenceNumber: number;
  /** Observation domain id. */
  readonly domain: number;
}
