import type { Half } from './random.ts';
import { Random } from './random.ts';
import { drawShape, plateauPattern, type Shape, type ShapeKind, slowNoise } from './shape.ts';
import { corpusMinutes, dayMinutes, judgedFromMinute, type Stretch, weekMinutes } from './timeline.ts';

/*
 * A cluster: nodes, workloads, and the traffic between them, minute by minute. Events change its columns;
 * metrics are counted from them afterwards (sampling.ts and the files beside it).
 */

export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'Pod' | 'Range';
  /** Rows in `World.nodes` that run its Pods, evenly; none for a range. */
  readonly nodes: readonly number[];
}

/** The traffic between two workloads, the first of which opens the connections. Columns are by minute. */
export interface Edge {
  readonly source: Workload;
  readonly destination: Workload;
  readonly servicePort: number;
  readonly shape: Shape;
  readonly octetsPerSecond: number;
  readonly octetsPerFlow: number;
  /** Octets back for each octet there. */
  readonly replyRatio: number;
  readonly octetsPerPacket: number;
  /** For the octets of single flows: standard deviation over mean. */
  readonly flowVariation: number;
  readonly paths: readonly Path[];
  /** Factor on octetsPerSecond. */
  readonly level: Float64Array;
  readonly deniedFlowsPerSecond: Float64Array;
  readonly unansweredShare: Float64Array;
  readonly resetShare: Float64Array;
  readonly lossShare: Float64Array;
  /** Maximum octets per second of both directions. */
  readonly ceiling: Float64Array;
}

/** The share of an edge's traffic between two nodes; the row of a node, or undefined outside the cluster. */
export interface Path {
  readonly sourceNode: number | undefined;
  readonly destinationNode: number | undefined;
  readonly share: number;
  /** Factor on that: 1; less while traffic stops or is not reported, more when traffic moves to it. */
  readonly seen: Float64Array;
  /** Share of its packets that are lost on the way, besides those that the edge loses anyway. */
  readonly lossShare: Float64Array;
}

export interface Node {
  readonly name: string;
  readonly zone: string;
  readonly address: string;
  readonly agent: Target;
  readonly linkCapacity: number;
  /** Share of the capacity, by minute. */
  readonly transmitUse: Float64Array;
  readonly receiveUse: Float64Array;
  readonly conntrackMaximum: number;
  readonly conntrackUse: Float64Array;
  /** 1 while its exporter's records reach the aggregator, by minute. */
  readonly reports: Uint8Array;
  /** Share of its records that are lost on the way. */
  readonly lostShare: Float64Array;
}

export interface Kubernetes {
  readonly target: Target;
  /** By workload and minute: desired Pods, and those of the newest version. */
  readonly replicas: ReadonlyMap<Workload, Float64Array>;
  readonly updatedReplicas: ReadonlyMap<Workload, Float64Array>;
}

/** A target that Prometheus scrapes once a minute. */
export interface Target {
  readonly job: string;
  readonly instance: string;
  /** By minute: 1 answers, 0 does not, 2 is no longer a target. */
  readonly answers: Uint8Array;
}

export interface World {
  readonly half: Half;
  readonly index: number;
  readonly random: Random;
  /** Empty when records have no cluster. */
  readonly cluster: string;
  readonly nodes: readonly Node[];
  readonly workloads: readonly Workload[];
  readonly edges: Edge[];
  readonly aggregator: Target;
  /** The metrics of kube-state-metrics, if there is one. */
  readonly kubernetes: Kubernetes | undefined;
  /** Minutes at which the aggregator restarts, with every counter at zero. */
  readonly restarts: Set<number>;
  /** Workdays on which few people work, and whether the user has declared them. */
  readonly holidays: { readonly during: Stretch; readonly isTold: boolean }[];
}

export const targetStates = { down: 0, up: 1, gone: 2 } as const;

const namespaces = ['shop', 'payments', 'search', 'media', 'ops'];
const names = [
  ['cart', 'checkout', 'catalog', 'ledger', 'fraud', 'query', 'indexer', 'encoder', 'thumbnails', 'metrics'],
  ['basket', 'billing', 'prices', 'accounts', 'rates', 'suggest', 'crawler', 'streams', 'images', 'logs'],
].flat();

/** Number of servers of each shape. */
const servers: Readonly<Record<ShapeKind, number>> = {
  steady: 3,
  noisy: 2,
  seasonal: 3,
  'weekend-quiet': 2,
  growing: 2,
  sparse: 2,
  bursty: 1,
  uneven: 3,
  crest: 2,
};

export function drawWorld(half: Half, index: number): World {
  const random = new Random(half, `world ${index}`);
  const nodes = Array.from({ length: 4 + (index % 3) }, (_, row) =>
    drawNode(row, random.stream(`node ${row}`)),
  );
  const gateway: Workload = { namespace: 'ingress', name: 'gateway', kind: 'Pod', nodes: [...nodes.keys()] };
  const internet: Workload = { namespace: '', name: 'internet', kind: 'Range', nodes: [] };
  // in every other world the clocks change in the judged week's night to Thursday, with days on both sides
  const shiftedFrom = index % 2 === 1 ? judgedFromMinute + 3 * dayMinutes + 120 : undefined;

  const edges: Edge[] = [];
  const workloads = [gateway];
  const kinds = Object.entries(servers).flatMap(([kind, count]) =>
    Array<ShapeKind>(count).fill(kind as ShapeKind),
  );
  kinds.forEach((kind, row) => {
    const own = random.stream(`server ${row}`);
    const server = { ...drawPlace(own, nodes.length), namespace: namespaces[row % 5]!, name: names[row]! };
    workloads.push(server);
    const shape = drawShape(kind, corpusMinutes, own.stream('shape'), shiftedFrom);
    for (const client of own.pick([[gateway], [internet], [gateway, internet]])) {
      edges.push(drawEdge(client, server, shape, nodes, own.stream(client.name)));
    }
  });
  const world = { half, index, random, cluster: index % 2 === 0 ? `c${index}` : '', nodes, workloads, edges };
  return {
    ...world,
    aggregator: makeTarget('weir-aggregator', 'aggregator:9464'),
    // every third runs without kube-state-metrics
    kubernetes: index % 3 === 1 ? undefined : drawKubernetes(workloads),
    restarts: new Set(),
    holidays: [],
  };
}

function drawKubernetes(workloads: readonly Workload[]): Kubernetes {
  const makeReplicas = () =>
    new Map(
      workloads.map(
        (workload) => [workload, new Float64Array(corpusMinutes).fill(workload.nodes.length)] as const,
      ),
    );
  const state = makeTarget('kube-state-metrics', 'kube-state-metrics:8080');
  return { target: state, replicas: makeReplicas(), updatedReplicas: makeReplicas() };
}

function drawPlace(random: Random, nodes: number): Pick<Workload, 'kind' | 'nodes'> {
  const first = random.integer(0, nodes - 1);
  return { kind: 'Pod', nodes: random.chance(0.4) ? [first] : [first, (first + 1) % nodes] };
}

export function drawEdge(
  source: Workload,
  destination: Workload,
  shape: Shape,
  nodes: readonly Node[],
  random: Random,
): Edge {
  const [octetsPerFlow, octetsPerSecond] = sizeOf(shape.kind, random);
  const filledColumn = (value: number) => new Float64Array(corpusMinutes).fill(value);
  return {
    source,
    destination,
    servicePort: random.pick([80, 443, 8080, 5432, 9092]),
    shape,
    octetsPerSecond,
    octetsPerFlow,
    replyRatio: random.logParameter(0.2, 20),
    octetsPerPacket: random.parameter(300, 1300),
    flowVariation: random.parameter(0.5, 2),
    paths: pathsOf(source, destination, nodes, random.parameter(0.05, 0.3)),
    level: shape.level.slice(),
    deniedFlowsPerSecond: filledColumn(random.chance(0.3) ? random.logParameter(0.001, 0.05) : 0),
    unansweredShare: filledColumn(random.logParameter(0.0005, 0.02)),
    resetShare: filledColumn(random.logParameter(0.001, 0.02)),
    lossShare: filledColumn(random.chance(0.3) ? random.logParameter(1e-5, 1e-3) : 0),
    ceiling: filledColumn(Infinity),
  };
}

/** Sparse means a few events in half an hour, which may be large; crests are sums of many. */
function sizeOf(kind: ShapeKind, random: Random): [octetsPerFlow: number, octetsPerSecond: number] {
  if (kind === 'sparse') {
    const octets = random.logParameter(200_000, 20_000_000);
    return [octets, octets / (random.parameter(2, 15) * 60)];
  }
  const octets = random.logParameter(5_000, 200_000);
  if (kind === 'crest') return [octets, random.logParameter(1e6, 3e7)];
  return [octets, octets * random.logParameter(0.7, 60)];
}

/** `crossing`: the share that leaves its zone without need. */
function pathsOf(source: Workload, destination: Workload, nodes: readonly Node[], crossing: number): Path[] {
  const endsOf = ({ nodes: rows }: Workload) => (rows.length > 0 ? rows : [undefined]);
  const pairs = endsOf(source).flatMap((from) => endsOf(destination).map((to) => [from, to] as const));
  const staysInZone = (pair: (typeof pairs)[number]) => !crossesZones(pair, nodes);
  const [near, far] = [pairs.filter(staysInZone).length, pairs.filter((pair) => !staysInZone(pair)).length];
  const shareOf = (pair: (typeof pairs)[number]) => {
    if (near === 0 || far === 0) return 1 / pairs.length;
    return staysInZone(pair) ? (1 - crossing) / near : crossing / far;
  };
  return pairs.map((pair) => ({
    sourceNode: pair[0],
    destinationNode: pair[1],
    share: shareOf(pair),
    seen: new Float64Array(corpusMinutes).fill(1),
    lossShare: new Float64Array(corpusMinutes),
  }));
}

export function bothNodesReport({ sourceNode, destinationNode }: Path): boolean {
  return sourceNode !== undefined && destinationNode !== undefined && sourceNode !== destinationNode;
}

export function crossesZones(
  [source, destination]: readonly [source: number | undefined, destination: number | undefined],
  nodes: readonly Node[],
): boolean {
  if (source === undefined || destination === undefined) return false;
  return nodes[source]!.zone !== nodes[destination]!.zone;
}

function drawNode(row: number, random: Random): Node {
  const name = `node-${row + 1}`;
  const peak = random.parameter(10, 19) * 60;
  const aDay = random.parameter(0, 0.01);
  const drawUse = (stream: Random) => {
    const base = random.parameter(0.05, 0.4);
    const swing = random.parameter(0.1, 0.5);
    const noise = slowNoise(stream, 0.12, 30);
    const wave = stream.chance(0.5)
      ? plateauPattern(stream, stream.parameter(0.05, 0.5), stream.parameter(0.4, 1))
      : (minute: number) => 1 + swing * Math.cos((2 * Math.PI * (minute - peak)) / dayMinutes);
    const weeks = Array.from({ length: corpusMinutes / weekMinutes }, () => stream.factor(0.12));
    return new Float64Array(corpusMinutes).map((_, minute) => {
      const level = wave(minute) * weeks[Math.floor(minute / weekMinutes)]!;
      // slow growth: up to one hundredth a day; above four fifths it is full, whatever the reason
      return Math.min(0.75, base * level * noise() + (aDay * minute) / dayMinutes / 4);
    });
  };
  return {
    name,
    zone: `zone-${'abc'[row % 3]}`,
    address: `10.20.0.${row + 1}`,
    agent: makeTarget('weir-agent', `${name}:9465`),
    linkCapacity: random.pick([125e6, 1.25e9, 3.125e9]),
    transmitUse: drawUse(random.stream('transmit')),
    receiveUse: drawUse(random.stream('receive')),
    conntrackMaximum: random.pick([65_536, 131_072, 262_144]),
    conntrackUse: drawUse(random.stream('conntrack')),
    reports: new Uint8Array(corpusMinutes).fill(1),
    lostShare: new Float64Array(corpusMinutes),
  };
}

function makeTarget(job: string, instance: string): Target {
  return { job, instance, answers: new Uint8Array(corpusMinutes).fill(targetStates.up) };
}

/** Whether weekend-quiet workloads should work: a workday of the judged week. */
export function isWorkday(minute: number): boolean {
  return minute % weekMinutes < 5 * dayMinutes;
}
