import { batchOf, Dictionary, type FlowRecord } from '../../../src/flow/index.ts';
import { FlowSeries, type FlowSeriesOptions, type SeriesTable } from '../../../src/metrics/index.ts';
import { Ledger } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A series as a test looks at it: labels that are there, and measures by the end of their names. */
export interface ShownSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, number>>;
  readonly startedAt: number;
}

/** Flow series fed with records as an aggregator would. */
export class SeriesBed {
  readonly clock = new FakeClock();
  readonly ledger = new Ledger();
  readonly series: FlowSeries;
  dictionary = new Dictionary();

  constructor(options: FlowSeriesOptions = {}) {
    this.series = new FlowSeries(options, { clock: this.clock, ledger: this.ledger });
  }

  /** The flow's first record. */
  first(flow: number, record: FlowRecord): void {
    this.#classify(flow, record, true);
  }

  /** A later record of it. */
  later(flow: number, record: FlowRecord): void {
    this.#classify(flow, record, false);
  }

  /** It grows by octets and packets, there and back. */
  advance(flow: number, ...growth: [number, number, number, number]): void {
    this.series.advance(flow, Float64Array.from(growth));
  }

  table(name: string): SeriesTable {
    const found = this.series.tables.find((table) => table.name === name);
    if (found === undefined) throw new Error(`no table ${name}`);
    return found;
  }

  shown(name: string): ShownSeries[] {
    return shownSeries(this.table(name));
  }

  /** The values of the series that has these labels among its own; undefined when there is none. */
  values(name: string, labels: Readonly<Record<string, string>>): ShownSeries['values'] | undefined {
    const fits = (one: ShownSeries) =>
      Object.entries(labels).every(([label, value]) => one.labels[label] === value);
    return this.shown(name).find(fits)?.values;
  }

  #classify(flow: number, record: FlowRecord, isFirst: boolean): void {
    this.series.classify(flow, batchOf([record], this.dictionary), 0, this.clock.now(), isFirst, true);
  }
}

export function shownSeries(table: SeriesTable): ShownSeries[] {
  const { slots, labels, labelNames, measures, values, dictionary, startedAt } = table;
  const shown: ShownSeries[] = [];
  table.hold();
  for (let slot = 0; slot < slots; slot++) {
    if (!table.isLive(slot)) continue;
    const ids = labelNames.map((label, k) => [label, labels[slot * labelNames.length + k]!] as const);
    shown.push({
      labels: Object.fromEntries(
        ids.filter(([, id]) => id !== 0).map(([label, id]) => [label, dictionary.text(id)]),
      ),
      values: Object.fromEntries(
        measures.map((measure, m) => [short(table, measure.name), values[m]![slot]!]),
      ),
      startedAt: startedAt[slot]!,
    });
  }
  table.release();
  return shown;
}

const short = (table: SeriesTable, name: string): string =>
  name.replace(`weir_flow_${table.name}_`, '').replace(/_total$/, '');

/** A TCP flow between two Pods on two nodes. */
export const podToPod = {
  sourceIP: '10.10.0.1',
  destinationIP: '10.10.1.1',
  sourceTransportPort: 40_000,
  destinationTransportPort: 8080,
  protocolIdentifier: 6,
  flowEndReason: 2,
  sourcePodNamespace: 'shop',
  sourcePodName: 'frontend-7c9f8b6d5-xk2pq',
  sourceNodeName: 'node-a',
  destinationPodNamespace: 'data',
  destinationPodName: 'postgres-0',
  destinationNodeName: 'node-b',
} satisfies FlowRecord;

/** Deltas of a record: octets and packets, there and back. */
export const deltas = (octets: number, packets: number, back = 0, packetsBack = 0): FlowRecord => ({
  octetDeltaCount: octets,
  packetDeltaCount: packets,
  reverseOctetDeltaCount: back,
  reversePacketDeltaCount: packetsBack,
});
