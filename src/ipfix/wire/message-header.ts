/** The version number of IPFIX messages (RFC 7011 section 3.1). */
export const ipfixVersion = 10;
export const messageHeaderOctets = 16;
export const setHeaderOctets = 4;
/** Maximum octets of a message: its length has 16 bits. */
export const maxMessageOctets = 65_535;

/** What only headers of NetFlow have. */
export interface NetflowHeader {
  readonly version: 1 | 5 | 7 | 9;
  /** The exporter's uptime at the export, in milliseconds modulo 2^32. */
  readonly uptimeMs: number;
  /** Records in the message, as the exporter counts them; in version 9 with its templates. */
  readonly announcedRecords: number;
  /** Version 5: one of this many packets was sampled; 0 when the exporter does not say. */
  readonly samplingInterval: number;
}

/** What only headers of sFlow have. */
export interface SflowHeader {
  /** The agent's uptime at the export, in milliseconds modulo 2^32. */
  readonly uptimeMs: number;
}

/**
 * The header of an IPFIX message. A NetFlow message has the same fields and those of `netflow`, an sFlow
 * datagram those of `sflow`.
 */
export interface MessageHeader {
  /** Octets of the whole message. */
  readonly length: number;
  /**
   * When the message left the Exporting Process, in seconds since 1970; in NetFlow v1, v5 and v7 with a
   * fraction. In sFlow, which does not say it: when the datagram arrived, or NaN.
   */
  readonly exportTimeSeconds: number;
  /**
   * Data records sent before this message in this session and domain, modulo 2^32; in NetFlow v9 and sFlow
   * messages. 0 in NetFlow v1.
   */
  readonly sequenceNumber: number;
  /**
   * Observation domain id; in NetFlow v9 the source id, in v5 engine type and engine id, in sFlow the
   * sub-agent id, else 0.
   */
  readonly domain: number;
  /** Undefined in IPFIX and sFlow. */
  readonly netflow?: NetflowHeader;
  readonly sflow?: SflowHeader;
}
