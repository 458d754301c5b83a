/* What the API answers and the console's app reads. Pure: a browser uses it as it is. */

/** Who sends records here, as GET /exporters lists it. What an exporter does not tell is left out. */
export interface ExporterStatement {
  /** Its address; `other` sums up those beyond the bound. */
  readonly exporter: string;
  readonly domain: number;
  /** Of `other` only: the observation domains with an open session that it sums up. */
  readonly domains?: number;
  readonly protocol: string;
  /** The name of its host, by its own word. */
  readonly name?: string;
  /** The name in its certificate: it has proved that. */
  readonly peerName?: string;
  /** The program and its version. */
  readonly software?: string;
  /** When the first and the last record arrived, in RFC 3339; absent as long as none has. */
  readonly firstRecord?: string;
  readonly lastRecord?: string;
  /** Milliseconds since the last record. */
  readonly lagMs?: number;
  readonly records: number;
  /** Records that did not arrive, and those that it could not send. */
  readonly lostRecords: number;
  readonly unsentRecords?: number;
  /** IP packets that its host carried, and those of them that it metered. */
  readonly carriedPackets?: number;
  readonly meteredPackets?: number;
  /** Why it may miss flows; empty when it sees all. */
  readonly blindBecause?: readonly string[];
}

/** The header of that answer that says how many there are, listed or not. */
export const EXPORTERS_HEADER = 'weir-exporters';
