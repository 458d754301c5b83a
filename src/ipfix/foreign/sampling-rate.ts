/**
 * How an exporter states which part of the packets it samples (RFC 5477 section 8.2, and NetFlow's earlier
 * elements).
 */

/** The statement of a record or an option; undefined for what it leaves out. */
export interface SamplingStatement {
  /** One packet of this many: samplingInterval, or NetFlow's samplerRandomInterval. */
  readonly interval?: number | undefined;
  /**
   * This many packets in a row are sampled (samplingPacketInterval), and this many are skipped after them.
   */
  readonly packetInterval?: number | undefined;
  readonly packetSpace?: number | undefined;
  /** This many (samplingSize) of this many (samplingPopulation). */
  readonly size?: number | undefined;
  readonly population?: number | undefined;
  readonly probability?: number | undefined;
}

/** No real exporter samples less: 1 of 16,777,216. */
const MAX_RATE = 2 ** 24;

/**
 * Number of packets that each sampled one represents, at least 1. Undefined without a statement, which 0
 * means as well; NaN for an impossible one.
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
  // Without a space, exporters mean one packet of this many.
  if (packetInterval) return packetSpace === undefined ? packetInterval : 1 + packetSpace / packetInterval;
  return interval || undefined;
}
