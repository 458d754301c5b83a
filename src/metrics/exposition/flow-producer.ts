import type { Attributes } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type {
  CollectionResult,
  DataPoint,
  Histogram,
  MetricData,
  MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { type Clock, Slices } from '../../runtime/index.ts';
import type { SeriesTable } from '../series/index.ts';
import { attributeWriter, type Naming } from './attributes.ts';
import { LabelText } from './label-text.ts';
import { histogramData, hrTimeOf, scalarData } from './metric-data.ts';

export interface FlowProducerOptions {
  readonly tables: readonly SeriesTable[];
  readonly naming: Naming;
  readonly clock: Clock;
  /** Readers use the provider's resource instead; the interface requires one. */
  readonly resource: Resource;
  readonly version: string;
}

const ROWS_A_STEP = 64;

/** The series of flows for the SDK's readers. Simultaneous readers share one collection. */
export class FlowProducer implements MetricProducer {
  readonly #options: FlowProducerOptions;
  #underWay: Promise<CollectionResult> | undefined;

  constructor(options: FlowProducerOptions) {
    this.#options = options;
  }

  collect(): Promise<CollectionResult> {
    this.#underWay ??= this.#collect().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #collect(): Promise<CollectionResult> {
    const { tables, resource, version } = this.#options;
    const metrics: MetricData[] = [];
    for (const table of tables) table.hold();
    try {
      for (const table of tables) metrics.push(...(await this.#collectTable(table)));
    } finally {
      for (const table of tables) table.release();
    }
    const filled = metrics.filter(({ dataPoints }) => dataPoints.length > 0);
    const scopeMetrics =
      filled.length > 0 ? [{ scope: { name: 'weir.flow', version }, metrics: filled }] : [];
    return { resourceMetrics: { resource, scopeMetrics }, errors: [] };
  }

  async #collectTable(table: SeriesTable): Promise<MetricData[]> {
    const { measures, slots, startedAt } = table;
    const { naming, clock } = this.#options;
    const now = clock.now();
    const endTime = hrTimeOf(now);
    const attributesOf = this.#attributesOf(table);
    const scalars = measures.map((): DataPoint<number>[] => []);
    const histograms: DataPoint<Histogram>[] = [];
    const slices = new Slices();
    for (let slot = 0; slot < slots; slot++) {
      if (slot % ROWS_A_STEP === 0 && slices.isOver) await slices.next();
      if (!table.isLive(slot)) continue;
      const attributes = attributesOf(slot);
      // Somebody may have set the host's clock back since.
      const startTime = hrTimeOf(Math.min(startedAt[slot]!, now));
      if (table.histogram !== undefined) {
        histograms.push({ startTime, endTime, attributes, value: histogramOf(table.histogram, slot) });
        continue;
      }
      for (let measure = 0; measure < measures.length; measure++) {
        scalars[measure]!.push({ startTime, endTime, attributes, value: table.values[measure]![slot]! });
      }
    }
    if (table.histogram !== undefined) return [histogramData(measures[0]!, naming, histograms)];
    return measures.map((measure, index) => scalarData(measure, naming, scalars[index]!));
  }

  #attributesOf(table: SeriesTable): (slot: number) => Attributes {
    const labelText = new LabelText(table.dictionary);
    const texts: (string | undefined)[] = [];
    const { labels, labelNames } = table;
    const writers = labelNames.map((label) => attributeWriter(label, table.name, this.#options.naming));
    return (slot) => {
      const attributes: Attributes = {};
      for (let k = 0; k < labelNames.length; k++) {
        const id = labels[slot * labelNames.length + k]!;
        if (id === 0) continue;
        texts[id] ??= labelText.text(id);
        writers[k]!(attributes, texts[id]);
      }
      return attributes;
    };
  }
}

function histogramOf(
  { bounds, counts, sums }: NonNullable<SeriesTable['histogram']>,
  slot: number,
): Histogram {
  const from = slot * (bounds.length + 1);
  const own = [...counts.subarray(from, from + bounds.length + 1)];
  return {
    buckets: { boundaries: [...bounds], counts: own },
    sum: sums[slot]!,
    count: own.reduce((sum, count) => sum + count, 0),
  };
}
