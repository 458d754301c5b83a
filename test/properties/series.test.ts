import fc from 'fast-check';
import { expect, it } from 'vitest';
import { batchOf, Dictionary, type FlowRecord } from '../../src/flow/index.ts';
import type { SeriesTable } from '../../src/metrics/index.ts';
import { deltas, SeriesBed } from '../metrics/series/test-bed.ts';

const groupings = ['workload', 'pod', 'policy', 'port', 'zone'] as const;
const FLOWS = 12;

const flow = fc.nat(FLOWS - 1);
const pod = fc.nat(7);
/** Octets and packets, there and back; rarely enough for a series to overtake others. */
const octets = fc.oneof(fc.nat(100), fc.constant(0), fc.integer({ min: 10_000, max: 1_000_000 }));
const count = fc.tuple(octets, fc.nat(50), octets, fc.nat(50));

/** The possible steps, one after another. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant('first' as const),
    flow,
    source: pod,
    destination: pod,
    port: fc.nat(5),
    policy: fc.nat(2),
    isDenied: fc.boolean(),
    count,
  }),
  fc.record({ kind: fc.constant('renamed' as const), flow, source: pod, destination: pod }),
  fc.record({ kind: fc.constant('advance' as const), flow, count }),
  fc.record({ kind: fc.constant('advance' as const), flow, count }),
  fc.record({ kind: fc.constant('over' as const), flow, isAnswered: fc.boolean() }),
  fc.record({ kind: fc.constant('close' as const), flow }),
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 10, 10, 30, 100) }),
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.constant(10) }),
  fc.record({ kind: fc.constant('hold' as const), table: fc.nat(groupings.length - 1) }),
  fc.record({ kind: fc.constant('release' as const), table: fc.nat(groupings.length - 1) }),
  fc.record({ kind: fc.constant('new names' as const) }),
  fc.record({ kind: fc.constant('many names' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface LiveFlow {
  readonly record: FlowRecord;
  readonly isDenied: boolean;
  isOver: boolean;
  /** The policies that count it. */
  readonly policies: number;
}

/** The expected counts, from the records alone. */
class Model {
  /** Over all series, by metric. */
  readonly sums = new Map<string, number>();
  /** Octets of one Pod, node or range to another, "from>to". */
  readonly octets = new Map<string, number>();

  add(table: string, measure: string, by: number): void {
    increase(this.sums, `weir_flow_${table}_${measure}_total`, by);
  }

  begin({ isDenied, policies }: LiveFlow): void {
    for (const table of ['workload', 'pod', 'port']) this.add(table, 'flows', 1);
    this.add('policy', 'flows', policies);
    if (!isDenied) return;
    this.add('workload', 'denied_flows', 1);
    this.add('port', 'denied_flows', 1);
  }

  grow({ record, isDenied, policies }: LiveFlow, [there, packets, back, packetsBack]: Count): void {
    for (const table of groupings) {
      const times = table === 'policy' ? policies : 1;
      this.add(table, 'bytes', times * (there + back));
      this.add(table, 'packets', times * (packets + packetsBack));
    }
    if (isDenied) this.add('workload', 'denied_packets', packets);
    const source = record.sourcePodName ?? record.sourceNodeName ?? 'private';
    const destination = record.destinationPodName ?? 'internet';
    increase(this.octets, `${source}>${destination}`, there);
    increase(this.octets, `${destination}>${source}`, back);
  }
}

type Count = readonly [number, number, number, number];

function increase(counts: Map<string, number>, key: string, by: number): void {
  if (by !== 0) counts.set(key, (counts.get(key) ?? 0) + by);
}

/** Flow series and the model, with the same input. */
class Play {
  readonly bed: SeriesBed;
  readonly model = new Model();
  readonly #flows = new Map<number, LiveFlow>();
  readonly #holds = new Map<SeriesTable, number>();

  constructor(seriesLimit: number, idleMs: number) {
    this.bed = new SeriesBed({ groupings, seriesLimit, idleMs, zones: { 'node-1': 'a' } });
    void this.bed.series.start();
  }

  take(one: Step): void {
    const { bed, model } = this;
    const live = 'flow' in one ? this.#flows.get(one.flow) : undefined;
    switch (one.kind) {
      case 'first': {
        const begun = flowOf(one);
        this.#flows.set(one.flow, begun);
        bed.first(one.flow, { ...begun.record, ...deltas(...one.count) });
        model.begin(begun);
        model.grow(begun, one.count);
        return;
      }
      case 'renamed': {
        if (live === undefined) return;
        const { protocolIdentifier, destinationTransportPort, ...rest } = live.record;
        const policies = Object.entries(rest).filter(([name]) => name.includes('Policy'));
        const record = { protocolIdentifier, destinationTransportPort, ...Object.fromEntries(policies) };
        const renamed = {
          ...live,
          record: { ...record, ...ends(one.source, one.destination) } as FlowRecord,
        };
        this.#flows.set(one.flow, renamed);
        bed.later(one.flow, renamed.record);
        return;
      }
      case 'advance':
        bed.advance(one.flow, ...one.count);
        if (live !== undefined) model.grow(live, one.count);
        return;
      case 'over': {
        if (live === undefined) return;
        const totals = { packetTotalCount: 3, reversePacketTotalCount: one.isAnswered ? 3 : 0 };
        bed.later(one.flow, { ...live.record, ...totals, flowEndReason: 3 });
        if (!one.isAnswered && !live.isDenied && !live.isOver) model.add('workload', 'unanswered_flows', 1);
        live.isOver = true;
        return;
      }
      case 'close':
        bed.series.close(one.flow);
        this.#flows.delete(one.flow);
        return;
      case 'wait':
        bed.clock.advance(one.seconds * 1000);
        return;
      case 'hold':
        this.#hold(bed.table(groupings[one.table]!), 1);
        return;
      case 'release':
        this.#hold(bed.table(groupings[one.table]!), -1);
        return;
      case 'new names':
        bed.dictionary = new Dictionary();
        return;
      case 'many names':
        for (let row = 0; row < manyNames.length; row++)
          bed.series.classify(FLOWS, manyNames, row, bed.clock.now(), true, true);
        for (const table of ['workload', 'pod', 'port']) model.add(table, 'flows', manyNames.length);
        bed.series.close(FLOWS);
    }
  }

  #hold(table: SeriesTable, by: 1 | -1): void {
    const holds = (this.#holds.get(table) ?? 0) + by;
    if (holds < 0) return;
    this.#holds.set(table, holds);
    if (by > 0) table.hold();
    else table.release();
  }
}

/** Every shown series, by labels and start. */
function seriesOf(table: SeriesTable): Map<string, number[]> {
  table.hold();
  const { slots, labels, labelNames, dictionary, values, startedAt } = table;
  const series = new Map<string, number[]>();
  for (let slot = 0; slot < slots; slot++) {
    if (!table.isLive(slot)) continue;
    const texts = labelNames.map((_, k) => dictionary.text(labels[slot * labelNames.length + k]!));
    const key = JSON.stringify([...texts, startedAt[slot]]);
    expect(series.has(key)).toBe(false);
    const counts = values.map((column) => column[slot]!);
    series.set(key, counts);
  }
  table.release();
  return series;
}

it('all series and the expired ones together always count the growth of the flows', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 120 }),
      fc.constantFrom(1, 2, 3, 8, 100),
      fc.constantFrom(20_000, 60_000),
      (steps, seriesLimit, idleMs) => {
        const play = new Play(seriesLimit, idleMs);
        const { bed, model } = play;
        const shownBefore = new Map<SeriesTable, Map<string, number[]>>();
        for (const one of steps) {
          play.take(one);
          for (const [t, table] of bed.series.tables.entries()) {
            const shown = seriesOf(table);
            const { expiredValues, series } = bed.series.readings[t]!;
            expect(series).toBeLessThanOrEqual(seriesLimit);
            for (const [m, { name }] of table.measures.entries()) {
              let sum = expiredValues[m]!;
              for (const values of shown.values()) sum += values[m]!;
              if (sum !== (model.sums.get(name) ?? 0))
                expect([name, sum]).toEqual([name, model.sums.get(name) ?? 0]);
            }
            for (const [key, before] of shownBefore.get(table) ?? []) {
              const fallen = shown.get(key)?.some((value, m) => value < before[m]!);
              expect(fallen).not.toBe(true);
            }
            shownBefore.set(table, shown);
          }
        }
        void bed.series.stop();
        expect(bed.ledger.isClosed).toBe(true);
      },
    ),
    { numRuns: 80 },
  );
});

it('each series counts the traffic from its source to its destination, for any names and dictionaries', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
      const play = new Play(10_000, 3_600_000_000);
      for (const one of steps) play.take(one);
      const octets = new Map<string, number>();
      for (const { labels, values } of play.bed.shown('pod')) {
        increase(octets, `${labels.source_pod}>${labels.destination_pod}`, values.bytes!);
      }
      expect(octets).toEqual(play.model.octets);
      void play.bed.series.stop();
    }),
    { numRuns: 80 },
  );
});

/** Enough for the dictionary of label values to be exchanged. */
const manyNames = batchOf(
  Array.from({ length: 2_500 }, (_, i) => ({
    sourceIP: '10.0.0.1',
    destinationIP: '192.0.2.1',
    protocolIdentifier: 6,
    sourcePodName: `name-${i}`,
    sourcePodNamespace: `namespace-${i}`,
  })),
);

function ends(source: number, destination: number): FlowRecord {
  const end = (pod: number) => ({ name: `app-${pod >> 1}-${pod}`, namespace: `ns-${pod >> 2}` });
  return {
    sourceIP: `10.0.0.${source}`,
    destinationIP: `192.0.2.${destination}`,
    ...(source < 6
      ? { sourcePodName: end(source).name, sourcePodNamespace: end(source).namespace }
      : { sourceNodeName: 'node-1' }),
    ...(destination < 6
      ? { destinationPodName: end(destination).name, destinationPodNamespace: end(destination).namespace }
      : {}),
  };
}

function flowOf(one: {
  source: number;
  destination: number;
  port: number;
  policy: number;
  isDenied: boolean;
}): LiveFlow {
  const record: FlowRecord = {
    ...ends(one.source, one.destination),
    protocolIdentifier: 17,
    destinationTransportPort: one.port,
    ...(one.policy > 0 ? { egressNetworkPolicyName: 'out' } : {}),
    ...(one.policy > 1 ? { ingressNetworkPolicyName: 'in' } : {}),
    ...(one.isDenied ? { ingressNetworkPolicyRuleAction: 2 } : {}),
  };
  const ingress = one.policy > 1 || one.isDenied ? 1 : 0;
  return { record, isDenied: one.isDenied, isOver: false, policies: (one.policy > 0 ? 1 : 0) + ingress };
}
