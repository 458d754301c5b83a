import type { Reach } from '../engine/evaluation.ts';
import type { SeriesSlice } from '../engine/remote-write.ts';
import { type Scrapes, sliceOf } from './scrape.ts';
import { corpusMinutes } from './timeline.ts';
import { countTraffic, type Traffic } from './traffic.ts';
import { bothNodesReport, type Edge, type Path, type Workload, type World } from './world.ts';

/** The aggregator's default idle time: a series without an increase for this long is no longer shown. */
const idleMinutes = 60;

/** Names of the measures in the metrics' names. */
type Measure =
  | 'bytes'
  | 'packets'
  | 'flows'
  | 'denied_flows'
  | 'denied_packets'
  | 'unanswered_flows'
  | 'reset_flows'
  | 'sent_packets'
  | 'received_packets';

type Labels = Readonly<Record<string, string>>;

type Added = readonly [Measure, Float64Array];

/**
 * The share of one path, by minute, in all of an edge's traffic and in the traffic that both nodes report.
 */
interface PathShares {
  readonly all: Float64Array;
  readonly sent: Float64Array;
  readonly received: Float64Array;
}

/** One row of a grouping: the growth from one scrape to the next, by measure. */
interface Row {
  readonly grouping: string;
  readonly labels: Labels;
  readonly columns: Map<Measure, Float64Array>;
}

/**
 * The flow metrics of the workload, node, Service and zone groupings. `reach` gives for each metric the time
 * from which it is needed, in ms since 1970.
 */
export function* flowSeries(world: World, scrapes: Scrapes, reach: Reach): Generator<SeriesSlice> {
  const rows = new FlowRows(world, reach);
  const recorded = world.aggregator.answers.map((state) => (state === 1 ? 1 : 0));
  world.edges.forEach((edge, index) => {
    rows.add(edge, countTraffic(edge, recorded, world.random.stream(`traffic ${index}`)));
  });
  for (const { grouping, labels, columns } of rows.all()) {
    const live = liveMinutes([...columns.values()], world.restarts);
    for (const [measure, column] of columns) {
      const name = metricName(grouping, measure);
      const from = reach(name);
      if (from === undefined) continue;
      const values = countersOf(column, live, world.restarts);
      yield sliceOf(name, labels, scrapes, values, from);
    }
  }
}

export function metricName(grouping: string, measure: string): string {
  return `weir_flow_${grouping}_${measure}_total`;
}

/** 1 from the first count until nothing was counted for an hour, or the process ends. */
function liveMinutes(columns: readonly Float64Array[], restarts: ReadonlySet<number>): Uint8Array {
  const live = new Uint8Array(corpusMinutes);
  let idle = Infinity;
  for (let minute = 0; minute < corpusMinutes; minute++) {
    if (restarts.has(minute)) idle = Infinity;
    idle = columns.some((column) => column[minute]! > 0) ? 0 : idle + 1;
    live[minute] = idle < idleMinutes ? 1 : 0;
  }
  return live;
}

/** Counters from the growth in each minute; they restart with the series and with the process. */
function countersOf(added: Float64Array, live: Uint8Array, restarts: ReadonlySet<number>): Float64Array {
  let sum = 0;
  return added.map((value, minute) => {
    if (!live[minute] || restarts.has(minute)) sum = 0;
    sum += value;
    return live[minute] ? sum : Number.NaN;
  });
}

class FlowRows {
  readonly #world: World;
  readonly #rows = new Map<string, Row>();
  readonly #reach: Reach;

  constructor(world: World, reach: Reach) {
    this.#world = world;
    this.#reach = reach;
  }

  all(): Iterable<Row> {
    return this.#rows.values();
  }

  add(edge: Edge, traffic: Traffic): void {
    this.#addPair('workload', workloadLabels(edge.source, edge.destination), edge, traffic);
    const service = {
      service_namespace: edge.destination.namespace,
      service_name: edge.destination.name,
      service_port: String(edge.servicePort),
      service_kind: 'Service',
    };
    this.#count('service', { ...service, direction: 'original' }, [
      ['bytes', traffic.octets],
      ['packets', traffic.packets],
      ['flows', traffic.flows],
      ['unanswered_flows', traffic.unansweredFlows],
    ]);
    this.#count('service', { ...service, direction: 'reverse' }, [
      ['bytes', traffic.reverseOctets],
      ['packets', traffic.reversePackets],
    ]);
    for (const path of edge.paths) {
      const { nodes } = this.#world;
      const [source, destination] = [path.sourceNode, path.destinationNode].map((row) => nodes[row ?? -1]);
      const ends = { source_node: source?.name ?? '', destination_node: destination?.name ?? '' };
      const zones = { source_zone: source?.zone ?? '', destination_zone: destination?.zone ?? '' };
      const shares = {
        all: shareOfPath(edge, path, () => true),
        sent: shareOfPath(edge, path, bothNodesReport),
        received: shareOfPath(edge, path, bothNodesReport, arrivingShare),
      };
      this.#addPair('node', ends, edge, traffic, shares);
      this.#addPair('zone', zones, edge, traffic, shares);
    }
  }

  /** Traffic to the destination belongs to the pair, traffic back to the pair with its ends swapped. */
  #addPair(grouping: string, labels: Labels, edge: Edge, traffic: Traffic, shares?: PathShares): void {
    const there: readonly Added[] = [
      ['bytes', traffic.octets],
      ['packets', traffic.packets],
      ['flows', traffic.flows],
      ['denied_flows', traffic.deniedFlows],
      ['denied_packets', traffic.deniedPackets],
      ['unanswered_flows', traffic.unansweredFlows],
      ['reset_flows', traffic.resetFlows],
    ];
    const back: readonly Added[] = [
      ['bytes', traffic.reverseOctets],
      ['packets', traffic.reversePackets],
    ];
    this.#count(grouping, labels, there, shares?.all);
    if (edge.paths.some(bothNodesReport)) {
      this.#count(grouping, labels, [['sent_packets', traffic.sentPackets]], shares?.sent);
      this.#count(grouping, labels, [['received_packets', traffic.receivedPackets]], shares?.received);
    }
    this.#count(grouping, swappedLabels(labels), back, shares?.all);
  }

  #count(grouping: string, labels: Labels, added: readonly Added[], share?: Float64Array): void {
    const { cluster } = this.#world;
    const present = Object.entries({ ...labels, cluster })
      .filter(([, value]) => value !== '')
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const key = `${grouping} ${JSON.stringify(present)}`;
    const row = this.#rows.get(key) ?? { grouping, labels: Object.fromEntries(present), columns: new Map() };
    this.#rows.set(key, row);
    // a metric that no rule reads must not change when its row is shown: bytes decide that for all
    for (const [measure, column] of added) {
      if (measure !== 'bytes' && this.#reach(metricName(grouping, measure)) === undefined) continue;
      const sum = row.columns.get(measure) ?? new Float64Array(corpusMinutes);
      row.columns.set(measure, sum);
      for (let minute = 0; minute < corpusMinutes; minute++) {
        const value = column[minute]!;
        if (value > 0) sum[minute]! += share ? Math.round(value * share[minute]!) : value;
      }
    }
  }
}

const arrivingShare = ({ lossShare }: Path, minute: number): number => 1 - lossShare[minute]!;

/** `weight` of each path besides its share of the traffic. */
function shareOfPath(
  edge: Edge,
  path: Path,
  counts: (path: Path) => boolean,
  weight: (path: Path, minute: number) => number = () => 1,
): Float64Array {
  if (!counts(path)) return new Float64Array(corpusMinutes);
  const paths = edge.paths.filter(counts);
  const amountOf = (one: Path, minute: number) => one.share * one.seen[minute]! * weight(one, minute);
  return new Float64Array(corpusMinutes).map((_, minute) => {
    let all = 0;
    for (const one of paths) all += amountOf(one, minute);
    return all === 0 ? 0 : amountOf(path, minute) / all;
  });
}

function workloadLabels(source: Workload, destination: Workload): Labels {
  return {
    source_namespace: source.namespace,
    source_workload: source.name,
    source_kind: source.kind,
    destination_namespace: destination.namespace,
    destination_workload: destination.name,
    destination_kind: destination.kind,
  };
}

function swappedLabels(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [
      name.startsWith('source_')
        ? name.replace('source_', 'destination_')
        : name.replace('destination_', 'source_'),
      value,
    ]),
  );
}
