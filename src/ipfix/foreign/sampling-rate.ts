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
  /** The same as for packets, in microseconds: samplingTimeInterval and samplingTimeSpace. */
  readonly timeInterval?: number | undefined;
  readonly timeSpace?: number | undefined;
  /** Of how many hash values (hashOutputRange) how many are selected (hashSelectedRange). */
  readonly hashValues?: number | undefined;
  readonly selectedHashValues?: number | undefined;
  /** The packets that lack a property belong to no flow of the selector: nothing is left out of its flows. */
  readonly isPropertyMatch?: boolean;
}

/** No real exporter samples less: 1 of 16,777,216. */
export const MAX_RATE = 2 ** 24;

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
  const { timeInterval, timeSpace, hashValues, selectedHashValues, isPropertyMatch } = statement;
  if (probability !== undefined && probability !== 0) return 1 / probability;
  if (population) return size ? population / size : population;
  // Without a space, exporters mean one packet of this many.
  if (packetInterval) return packetSpace === undefined ? packetInterval : 1 + packetSpace / packetInterval;
  if (timeInterval && timeSpace !== undefined) return 1 + timeSpace / timeInterval;
  if (hashValues && selectedHashValues) return hashValues / selectedHashValues;
  return interval || (isPropertyMatch ? 1 : undefined);
}
