import { type DataRecord, numberOfElement, numbersOfElement } from '../wire/index.ts';
import { MeteredInterfaces } from './metered-interfaces.ts';
import type { KeptName } from './name-table.ts';
import { type SamplingStatement, samplingRateOf } from './sampling-rate.ts';
import { type KeptRates, type RateVerdict, SamplingRates } from './sampling-rates.ts';
import { StatedNames } from './stated-names.ts';
import type { StatementRoom } from './statement-room.ts';

/** A message that moves the estimated start by more than this shows a restart. */
const RESTART_MS = 300_000;

/** IANA elements of options records that Weir reads. */
const Id = {
  ingressInterface: 10,
  egressInterface: 14,
  samplingInterval: 34,
  samplerId: 48,
  samplerRandomInterval: 50,
  observationDomainId: 149,
  systemInitTimeMilliseconds: 160,
  selectionSequenceId: 301,
  selectorId: 302,
  selectorAlgorithm: 304,
  samplingPacketInterval: 305,
  samplingPacketSpace: 306,
  samplingTimeInterval: 307,
  samplingTimeSpace: 308,
  samplingSize: 309,
  samplingPopulation: 310,
  samplingProbability: 311,
  hashOutputRangeMin: 329,
  hashOutputRangeMax: 330,
  hashSelectedRangeMin: 331,
  hashSelectedRangeMax: 332,
} as const;

/** IANA's number of property match filtering among the selector algorithms. */
const PROPERTY_MATCH = 5;

/** Statements about one observation domain as plain data. All times are of one clock. */
export interface KeptStatements {
  /** When a rate was heard last; undefined without any. */
  readonly ratesHeardMs: number | undefined;
  readonly rates: KeptRates;
  readonly interfaces: readonly KeptName[];
  readonly vrfs: readonly KeptName[];
}

/** What an exporter has stated about one observation domain, and what its messages imply. */
export class ExporterStatements {
  /** When its uptime began, in milliseconds since 1970; NaN until it is stated. */
  initTimeMs = Number.NaN;
  /** Flow records without a stated rate: their packets may have been sampled or not. */
  recordsWithoutRate = 0;
  readonly rates: SamplingRates;
  readonly names: StatedNames;
  readonly interfaces: MeteredInterfaces;
  /** How often rates have changed, and how often options have come. */
  #rateChanges = 0;
  #heard = 0;
  /** When a rate was heard last; undefined before the first. */
  #ratesHeardMs: number | undefined;
  #estimatedInitTimeMs = Number.NaN;

  constructor(room: StatementRoom) {
    this.rates = new SamplingRates(room);
    this.names = new StatedNames(room);
    this.interfaces = new MeteredInterfaces(room);
  }

  /** Gives its room back. */
  release(): void {
    this.forgetInterfaces();
    this.rates.clearSequences();
  }

  /** What to keep for the next process; undefined without names and rates. */
  get kept(): KeptStatements | undefined {
    const interfaces = this.names.interfaces.kept;
    const vrfs = this.names.vrfs.kept;
    const { rates } = this;
    if (!rates.areStated && interfaces.length + vrfs.length === 0) return undefined;
    return { ratesHeardMs: this.#ratesHeardMs, rates: rates.kept, interfaces, vrfs };
  }

  /** Numbers that differ when there is something else to keep, and when it was only heard again. */
  get changes(): number {
    return this.#rateChanges + this.names.interfaces.changes + this.names.vrfs.changes;
  }

  get refreshes(): number {
    return this.#heard;
  }

  /**
   * Takes what an earlier process has kept, by the monotonic clock.
   * @param oldestRatesMs rates that were heard before are only expected
   * @param oldestNamesMs names that were heard before are left out
   */
  restore(
    { ratesHeardMs, rates, interfaces, vrfs }: KeptStatements,
    oldestRatesMs: number,
    oldestNamesMs: number,
  ): void {
    this.#ratesHeardMs = ratesHeardMs;
    if (ratesHeardMs !== undefined) {
      if (ratesHeardMs < oldestRatesMs) this.rates.expectRates();
      else this.rates.restore(rates);
    }
    this.names.interfaces.restore(interfaces, oldestNamesMs);
    this.names.vrfs.restore(vrfs, oldestNamesMs);
  }

  /** Reads the values of an options record other than names. @param nowMs by the monotonic clock */
  hear(record: DataRecord, nowMs: number): RateVerdict {
    const verdict = this.#hear(record);
    this.#heard++;
    if (verdict === 'new') this.#rateChanges++;
    if (verdict === 'new' || verdict === 'known') this.#ratesHeardMs = nowMs;
    return verdict;
  }

  #hear(record: DataRecord): RateVerdict {
    const numberIn = (id: number) => numberOfElement(record, id);
    const scopeNumber = (id: number) => numberInScope(record, id);
    const initTimeMs = numberIn(Id.systemInitTimeMilliseconds);
    if (initTimeMs !== undefined && initTimeMs > 0) this.initTimeMs = initTimeMs;
    const sequence = scopeNumber(Id.selectionSequenceId);
    const selectors = sequence === undefined ? [] : numbersOfElement(record, Id.selectorId);
    if (selectors.length > 0) return this.rates.putSequence(sequence!, selectors);
    const rate = samplingRateOf(statementOf(record));
    if (rate === undefined) return 'none';
    if (Number.isNaN(rate)) return 'refused';
    const selector = numberIn(Id.selectorId) ?? numberIn(Id.samplerId);
    if (selector !== undefined) return this.rates.putApart('selector', selector, rate);
    const ingress = scopeNumber(Id.ingressInterface);
    if (ingress !== undefined) return this.rates.putApart('ingressInterface', ingress, rate);
    const egress = scopeNumber(Id.egressInterface);
    if (egress !== undefined) return this.rates.putApart('egressInterface', egress, rate);
    return this.rates.put(rate);
  }

  /** Forgets interfaces and VRFs, whose numbers may mean others after a restart. */
  forgetInterfaces(): void {
    this.names.clear();
    this.interfaces.clear();
  }

  /**
   * When the uptime began, by a message: no flow ends after its export, so the earliest estimate is the
   * closest. One far later shows that the exporter has restarted.
   */
  estimateInitTime(exportTimeMs: number, greatestUptime: number): number {
    const atMost = exportTimeMs - greatestUptime;
    const known = this.#estimatedInitTimeMs;
    if (!(atMost >= known) || atMost > known + RESTART_MS) this.#estimatedInitTimeMs = atMost;
    return this.#estimatedInitTimeMs;
  }
}

function statementOf(record: DataRecord): SamplingStatement {
  const numberIn = (id: number) => numberOfElement(record, id);
  const valuesWithin = (min: number, max: number) => {
    const [least, greatest] = [numberIn(min), numberIn(max)];
    return least === undefined || greatest === undefined ? undefined : greatest - least + 1;
  };
  return {
    interval: numberIn(Id.samplingInterval) || numberIn(Id.samplerRandomInterval),
    packetInterval: numberIn(Id.samplingPacketInterval),
    packetSpace: numberIn(Id.samplingPacketSpace),
    timeInterval: numberIn(Id.samplingTimeInterval),
    timeSpace: numberIn(Id.samplingTimeSpace),
    size: numberIn(Id.samplingSize),
    population: numberIn(Id.samplingPopulation),
    probability: numberIn(Id.samplingProbability),
    hashValues: valuesWithin(Id.hashOutputRangeMin, Id.hashOutputRangeMax),
    selectedHashValues: valuesWithin(Id.hashSelectedRangeMin, Id.hashSelectedRangeMax),
    isPropertyMatch: numberIn(Id.selectorAlgorithm) === PROPERTY_MATCH,
  };
}

/** The observation domain in the scope of an options record, if it has one. */
export function domainInScope(record: DataRecord): number | undefined {
  return numberInScope(record, Id.observationDomainId);
}

const numberInScope = (record: DataRecord, id: number): number | undefined =>
  numberOfElement(record, id, 0, record.template.scopeFieldCount);
