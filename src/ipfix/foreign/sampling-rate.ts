/**
 * How an exporter says which part of the packets it looks at (RFC 5477 section 8.2, and NetFlow's elements
 * before that).
 */

/** What a record or an option says; what it does not say is undefined. */
export interface SamplingStatement {
  /** One packet of so many: samplingInterval, or NetFlow's samplerRandomInterval. */
  readonly interval?: number | undefined;
  /**
   * So many packets in a row are looked at (samplingPacketInterval), and so many are passed over after them.
   */
  readonly packetInterval?: number | undefined;
  readonly packetSpace?: number | undefined;
  /** So many (samplingSize) of so many (samplingPopulation). */
  readonly size?: number | undefined;
  readonly population?: number | undefined;
  readonly probability?: number | undefined;
}

/** Beyond this nothing is sampled in earnest: 1 of 16,777,216. */
const MAX_RATE = 2 ** 24;

/**
 * Packets for which each sampled one stands, at least 1; undefined if nothing is said, which 0 means as well,
 * and NaN if what is said makes no sense.
 */
export function samplingRateOf(statement: SamplingStatement): number | undefined {
  const rate = saidRate(statement);
  if (rate === undefined) return undefined;
  return rate >= 1 && rate <= MAX_RATE ? rate : Number.NaN;
}

function saidRate(statement: SamplingStatement): number | undefined {
  const { interval, packetInterval, packetSpace, size, population, probability } = statement;
  if (probability !== undefined && probability !== 0) return 1 / probability;
  if (population) return size ? population / size : population;
  // Without a space, exporters mean one packet of so many.
  if (packetInterval) return packetSpace === undefined ? packetInterval : 1 + packetSpace / packetInterval;
  return interval || undefined;
}
