import type { Columns, FieldName, FlowBatch } from '../../flow/index.ts';
import type { ExporterStatements } from './exporter-statements.ts';
import type { Explanation, Explanations } from './foreign-columns.ts';
import { type SamplingStatement, samplingRateOf } from './sampling-rate.ts';

const sampledFields = {
  octet: 'sampledOctetDeltaCount',
  packet: 'sampledPacketDeltaCount',
  reverseOctet: 'sampledReverseOctetDeltaCount',
  reversePacket: 'sampledReversePacketDeltaCount',
} as const;

/** A counter of the template, and the field for its unscaled count. */
interface ScaledCounter {
  readonly name: FieldName;
  readonly sampled: (typeof sampledFields)[keyof typeof sampledFields];
}

/** Elements in which a record states its own rate. */
const stated = [
  'samplingInterval',
  'samplerRandomInterval',
  'samplingPacketInterval',
  'samplingPacketSpace',
  'samplingSize',
  'samplingPopulation',
  'samplingProbability',
] as const satisfies readonly Explanation[];

/**
 * Scales the counters of one template's records. The rate is the record's own. Else it is the one that the
 * exporter's options state for the record's selection sequence, selector or interface, in its domain or for
 * all domains.
 */
export class Sampling {
  /** Fields that a batch must carry for scaling. */
  readonly fields: readonly FieldName[];
  /** Rows of the last call that were scaled, and those with an impossible rate. */
  scaled = 0;
  refused = 0;
  readonly #counters: readonly ScaledCounter[];
  readonly #statesRate: boolean;
  readonly #columns: Explanations;
  readonly #selector: Float64Array | undefined;
  readonly #sequence: Float64Array | undefined;
  readonly #hasIngress: boolean;
  readonly #hasEgress: boolean;

  /** @param told the fields of the template */
  constructor(told: ReadonlySet<FieldName>, explanations: Explanations) {
    this.#counters = Object.entries(sampledFields).flatMap(([counter, sampled]) =>
      ([`${counter}DeltaCount`, `${counter}TotalCount`] as FieldName[])
        .filter((name) => told.has(name))
        .map((name) => ({ name, sampled })),
    );
    this.#columns = explanations;
    this.#statesRate = stated.some((name) => explanations[name] !== undefined);
    this.#sequence = explanations.selectionSequenceId;
    this.#selector = explanations.selectorId ?? explanations.samplerId;
    this.#hasIngress = told.has('ingressInterface');
    this.#hasEgress = told.has('egressInterface');
    const sampled = this.#counters.map((counter) => counter.sampled);
    this.fields = sampled.length === 0 ? [] : ['samplingInterval', ...sampled];
  }

  /** Scales the sampled rows from `from` to `to`. */
  scale(
    batch: FlowBatch,
    from: number,
    to: number,
    exporter: ExporterStatements,
    all: ExporterStatements | undefined,
  ): void {
    this.scaled = 0;
    this.refused = 0;
    if (this.#counters.length === 0) return;
    const { samplingInterval } = batch.columns;
    for (let row = from; row < to; row++) {
      const rate = this.#rateOf(batch.columns, row, exporter, all);
      if (rate === undefined) exporter.recordsWithoutRate++;
      if (rate === undefined || rate === 1) continue;
      samplingInterval[row] = rate;
      for (const { name, sampled } of this.#counters) {
        const counts = batch.columns[name];
        const count = counts[row]!;
        batch.columns[sampled][row] = count;
        counts[row] = Math.round(count * rate);
      }
      this.scaled++;
    }
  }

  #rateOf(
    { ingressInterface, egressInterface }: Columns,
    row: number,
    exporter: ExporterStatements,
    all: ExporterStatements | undefined,
  ): number | undefined {
    if (this.#statesRate) {
      const own = samplingRateOf(this.#statementOf(row));
      if (own !== undefined && !Number.isNaN(own)) return own;
      if (own !== undefined) this.refused++;
    }
    if (this.#sequence !== undefined) {
      const sequence = this.#sequence[row]!;
      const product = exporter.rates.ofSequence(sequence) ?? all?.rates.ofSequence(sequence);
      if (product !== undefined) return Number.isNaN(product) ? undefined : product;
    }
    const selector = this.#selector?.[row] ?? Number.NaN;
    const ingress = this.#hasIngress ? ingressInterface[row]! : Number.NaN;
    const egress = this.#hasEgress ? egressInterface[row]! : Number.NaN;
    return exporter.rates.of(selector, ingress, egress) ?? all?.rates.of(selector, ingress, egress);
  }

  #statementOf(row: number): SamplingStatement {
    const columns = this.#columns;
    return {
      interval: columns.samplingInterval?.[row] || columns.samplerRandomInterval?.[row],
      packetInterval: columns.samplingPacketInterval?.[row],
      packetSpace: columns.samplingPacketSpace?.[row],
      size: columns.samplingSize?.[row],
      population: columns.samplingPopulation?.[row],
      probability: columns.samplingProbability?.[row],
    };
  }
}
