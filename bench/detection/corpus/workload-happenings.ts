import type { Calendar } from './calendar.ts';
import { type Happening, type HappeningKind, longKinds, nodeSubject, workloadSubjects } from './happening.ts';
import type { Random } from './random.ts';
import { type ShapeKind, worksByDay } from './shape.ts';
import { corpusMinutes, dayMinutes, judgedFromMinute, type Stretch, weekMinutes } from './timeline.ts';
import { bothNodesReport, drawEdge, type Edge, type Workload, type World } from './world.ts';

/** A workload that serves, with all traffic to it. */
interface Server {
  readonly workload: Workload;
  readonly edges: readonly Edge[];
  readonly shape: ShapeKind;
  readonly random: Random;
}

interface WorkloadHappening {
  /** Number of a world's servers that it affects. */
  readonly count: number;
  readonly shapes: readonly ShapeKind[];
  readonly minutes: readonly [from: number, to: number];
  /**
   * It counts only while the server normally has at least half of its mean traffic, or in its first two
   * hours.
   */
  readonly whileBusy?: boolean | 'at first';
  /** Whether it can affect this server. */
  readonly eligible?: (server: Server, world: World) => boolean;
  /** Changes the world; returns the affected objects, if not the server. */
  apply(server: Server, during: Stretch, world: World): string[] | undefined;
}

const regular: readonly ShapeKind[] = [
  'steady',
  'noisy',
  'seasonal',
  'weekend-quiet',
  'growing',
  'uneven',
  'crest',
];
const any: readonly ShapeKind[] = [...regular, 'sparse', 'bursty'];

const kinds: Partial<Record<HappeningKind, WorkloadHappening>> = {
  'workload is away for days': {
    count: 2,
    shapes: regular,
    minutes: [10 * 60, 110 * 60],
    whileBusy: 'at first',
    apply: ({ edges }, during) => scaleLevels(edges, during, 0),
  },
  'workload drops to 10 % for days': {
    count: 1,
    shapes: regular,
    minutes: [10 * 60, 110 * 60],
    whileBusy: 'at first',
    apply: ({ edges, random }, during) => scaleLevels(edges, during, random.parameter(0.03, 0.1)),
  },
  'workload falls to zero': {
    count: 6,
    shapes: regular,
    minutes: [30, 240],
    whileBusy: true,
    apply: ({ edges }, during) => scaleLevels(edges, during, 0),
  },
  'workload drops to 10 %': {
    count: 6,
    shapes: regular,
    minutes: [120, 300],
    whileBusy: true,
    apply: ({ edges, random }, during) => scaleLevels(edges, during, random.parameter(0.03, 0.1)),
  },
  'workload drops to 10 % for half an hour': {
    count: 3,
    shapes: regular,
    minutes: [30, 31],
    whileBusy: true,
    apply: ({ edges, random }, during) => scaleLevels(edges, during, random.parameter(0.03, 0.1)),
  },
  'workload drops to 30 %': {
    count: 3,
    shapes: regular,
    minutes: [120, 300],
    whileBusy: true,
    apply: ({ edges, random }, during) => scaleLevels(edges, during, random.parameter(0.25, 0.3)),
  },
  'workload goes missing': {
    count: 4,
    shapes: regular,
    minutes: [60, 240],
    whileBusy: true,
    // the aggregator restarts without traffic: the series is missing, not only flat
    apply: ({ edges, random }, during, { restarts }) => {
      scaleLevels(edges, during, 0);
      for (const edge of edges) fillColumn(edge.deniedFlowsPerSecond, during, 0);
      restarts.add(during.from + random.integer(1, 10));
    },
  },
  'sparse workload falls to zero': {
    count: 1,
    shapes: ['sparse'],
    minutes: [120, 300],
    apply: ({ edges }, during) => scaleLevels(edges, during, 0),
  },
  'bursty workload falls to zero': {
    count: 1,
    shapes: ['bursty'],
    minutes: [120, 300],
    apply: ({ edges }, during) => scaleLevels(edges, during, 0),
  },
  'workload pinned at a ceiling': {
    count: 5,
    shapes: ['noisy', 'seasonal', 'growing', 'uneven'],
    minutes: [120, 360],
    whileBusy: true,
    eligible: ({ edges }) => octetsPerSecondOf(edges) >= 1e6,
    // the limit is met during a rise: not below the previous day's traffic, and demand is higher
    apply: ({ edges, random }, during) => {
      const [above, asked] = [random.parameter(1.3, 2.5), random.parameter(1.6, 3)];
      for (const edge of edges) {
        const ceiling = Math.max(above, 1.05 * highestHour(edge.level, during.from));
        fillColumn(edge.ceiling, during, ceiling * edge.octetsPerSecond * (1 + edge.replyRatio));
        edge.level.fill(ceiling * asked, during.from, during.to);
      }
      return undefined;
    },
  },
  'denied flows surge': {
    count: 5,
    shapes: any,
    minutes: [30, 120],
    // they count for the end that opens them
    apply: (server, during, world) => {
      const edge = refusedEdge(server, world);
      fillColumn(edge.deniedFlowsPerSecond, during, server.random.logParameter(0.3, 40));
      return undefined;
    },
  },
  'denied flows from outside surge': {
    count: 1,
    shapes: any,
    minutes: [30, 120],
    eligible: ({ edges }) => edges[0]!.source.kind === 'Range',
    apply: ({ edges, random }, during) => {
      fillColumn(edges[0]!.deniedFlowsPerSecond, during, random.logParameter(0.5, 40));
      return workloadSubjects(edges[0]!.source);
    },
  },
  'unanswered flows surge': {
    count: 5,
    shapes: regular,
    minutes: [30, 120],
    whileBusy: true,
    apply: ({ edges, random }, during) => {
      const share = random.parameter(0.3, 0.95);
      for (const edge of edges) fillColumn(edge.unansweredShare, during, share);
    },
  },
  'reset flows surge': {
    count: 3,
    shapes: regular,
    minutes: [30, 120],
    whileBusy: true,
    eligible: ({ edges }) =>
      edges.some(({ octetsPerSecond, octetsPerFlow }) => octetsPerSecond > 2 * octetsPerFlow),
    apply: ({ edges, random }, during) => {
      const share = random.parameter(0.4, 0.95);
      for (const edge of edges) fillColumn(edge.resetShare, during, share);
      return undefined;
    },
  },
  'packets are lost one way': {
    count: 5,
    shapes: regular,
    minutes: [30, 120],
    whileBusy: true,
    eligible: ({ edges }) => crossesNodes(edges),
    apply: ({ edges, random }, during) => {
      const share = random.logParameter(0.03, 0.4);
      for (const edge of edges) fillColumn(edge.lossShare, during, share);
    },
  },
  'workload spikes': {
    count: 5,
    shapes: any,
    minutes: [1, 4],
    apply: ({ edges, random }, during) => scaleLevels(edges, during, random.parameter(4, 15)),
  },
  'workload is rolled out': {
    count: 5,
    shapes: any,
    minutes: [2, 12],
    // Pods are replaced: less for minutes, connections reset, some unanswered
    apply: ({ workload, edges, random }, during, { kubernetes }) => {
      scaleLevels(edges, during, random.parameter(0.2, 0.7));
      kubernetes?.updatedReplicas.get(workload)?.fill(0, during.from, during.to);
      for (const edge of edges) {
        fillColumn(edge.resetShare, during, random.parameter(0.1, 0.3));
        fillColumn(edge.unansweredShare, during, random.parameter(0.02, 0.1));
      }
    },
  },
  'workload is scaled to zero': {
    count: 2,
    shapes: regular,
    minutes: [120, 720],
    eligible: (_, { kubernetes }) => kubernetes !== undefined,
    apply: ({ workload, edges }, during, { kubernetes }) => {
      scaleLevels(edges, during, 0);
      for (const replicas of [kubernetes!.replicas, kubernetes!.updatedReplicas]) {
        replicas.get(workload)!.fill(0, during.from, during.to);
      }
    },
  },
  'a few flows are denied': {
    count: 4,
    shapes: any,
    minutes: [1, 4],
    apply: ({ edges, random }, during) => {
      const rate = random.logParameter(0.05, 0.3);
      for (const edge of edges) fillColumn(edge.deniedFlowsPerSecond, during, rate);
    },
  },
  'a few packets are lost': {
    count: 4,
    shapes: any,
    minutes: [1, 3],
    apply: ({ edges, random }, during) => {
      const share = random.parameter(0.02, 0.06);
      for (const edge of edges) fillColumn(edge.lossShare, during, share);
    },
  },
  'workload had an incident a week ago': {
    count: 3,
    shapes: regular,
    minutes: [60, 240],
    apply: ({ edges }, { from, to }) => {
      scaleLevels(edges, { from: from - weekMinutes, to: to - weekMinutes }, 0);
    },
  },
};

export function workloadHappenings(world: World, calendar: Calendar, random: Random): Happening[] {
  const [servers, newcomers] = withNewcomers(serversOf(world, random), random.stream('newcomers'));
  const all: Happening[] = newcomers.map(beginWorkload);
  for (const [kind, happening] of Object.entries(kinds) as [HappeningKind, WorkloadHappening][]) {
    const candidates = shuffledList(
      servers.filter(
        (server) => happening.shapes.includes(server.shape) && (happening.eligible?.(server, world) ?? true),
      ),
      random.stream(kind),
    );
    for (const server of candidates.slice(0, happening.count)) {
      const [from, to] = happening.minutes;
      const busyFor = happening.whileBusy === 'at first' ? 120 : Infinity;
      const isSuitable = ({ from, to }: Stretch) =>
        !happening.whileBusy || isBusy(server, { from, to: Math.min(to, from + busyFor) }, world);
      const subjects = workloadSubjects(server.workload);
      const minutes = server.random.parameter(from, to);
      const lastsForDays = longKinds.includes(kind);
      const during = calendar.reserve(subjects[0]!, minutes, isSuitable, 180, lastsForDays);
      if (during === undefined) continue;
      const others = happening.apply(server, during, world);
      const consequences = kind === 'packets are lost one way' ? lossyNodes(server, world) : [];
      all.push({ kind, during, subjects: others ?? subjects, consequences });
    }
  }
  return all;
}

/** Two servers that begin in the judged week, and the others. */
function withNewcomers(servers: readonly Server[], random: Random): [others: Server[], newcomers: Server[]] {
  const candidates = servers.filter(({ shape }) => regular.includes(shape));
  const newcomers = shuffledList(candidates, random).slice(0, 2);
  return [servers.filter((server) => !newcomers.includes(server)), newcomers];
}

/** No history, and little traffic at first. */
function beginWorkload({ workload, edges, random }: Server): Happening {
  const from = judgedFromMinute + random.integer(60, 2 * dayMinutes);
  const rampMinutes = random.parameter(60, 2_000);
  for (const { level } of edges) {
    level.fill(0, 0, from);
    for (let minute = from; minute < corpusMinutes; minute++) {
      level[minute]! *= Math.min(1, 0.1 + (minute - from) / rampMinutes);
    }
  }
  const during = { from, to: corpusMinutes };
  return { kind: 'workload begins', during, subjects: workloadSubjects(workload), consequences: [] };
}

function serversOf({ edges }: World, random: Random): Server[] {
  const byWorkload = Map.groupBy(edges, ({ destination }) => destination);
  return [...byWorkload].map(([workload, own]) => ({
    workload,
    edges: own,
    shape: own[0]!.shape.kind,
    random: random.stream(`${workload.namespace}/${workload.name}`),
  }));
}

function isBusy({ edges, shape }: Server, { from, to }: Stretch, { holidays }: World): boolean {
  const isOff =
    worksByDay.includes(shape) && holidays.some(({ during }) => during.from < to && from < during.to);
  return (
    !isOff && edges.every((edge) => edge.shape.expected.subarray(from, to).every((level) => level >= 0.5))
  );
}

function octetsPerSecondOf(edges: readonly Edge[]): number {
  return edges.reduce((sum, { octetsPerSecond, replyRatio }) => sum + octetsPerSecond * (1 + replyRatio), 0);
}

/** The highest hourly mean of the day before. */
function highestHour(level: Float64Array, minute: number): number {
  const hours = Array.from({ length: 24 }, (_, hour) =>
    level.subarray(minute - 60 * (hour + 1), minute - 60 * hour),
  );
  return Math.max(...hours.map((hour) => hour.reduce((sum, value) => sum + value, 0) / hour.length));
}

function crossesNodes(edges: readonly Edge[]): boolean {
  return edges.some(({ paths }) => paths.some(bothNodesReport));
}

/** The nodes between which packets are lost. */
function lossyNodes({ edges }: Server, { nodes }: World): string[] {
  const paths = edges.flatMap((edge) => edge.paths.filter(bothNodesReport));
  const rows = new Set(paths.flatMap(({ sourceNode, destinationNode }) => [sourceNode, destinationNode]));
  return nodes.filter((_, row) => rows.has(row)).map(nodeSubject);
}

/** A connection to a new destination that is always refused. */
function refusedEdge({ workload, random }: Server, world: World): Edge {
  const others = world.edges.filter(({ destination }) => destination !== workload);
  const { destination, shape } = random.pick(others);
  const drawn = drawEdge(workload, destination, shape, world.nodes, random.stream('refused'));
  const edge = { ...drawn, octetsPerSecond: 0 };
  edge.level.fill(0);
  edge.deniedFlowsPerSecond.fill(0);
  world.edges.push(edge);
  return edge;
}

function scaleLevels(edges: readonly Edge[], { from, to }: Stretch, factor: number): undefined {
  for (const { level } of edges) {
    for (let minute = from; minute < to; minute++) level[minute]! *= factor;
  }
}

function fillColumn(column: Float64Array, { from, to }: Stretch, value: number): void {
  column.fill(value, from, to);
}

function shuffledList<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
