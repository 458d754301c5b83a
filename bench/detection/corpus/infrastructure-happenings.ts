import type { Calendar } from './calendar.ts';
import {
  fullMinutes,
  type Happening,
  type HappeningKind,
  nodeSubject,
  workloadSubjects,
} from './happening.ts';
import type { Random } from './random.ts';
import { worksByDay } from './shape.ts';
import { corpusMinutes, type Stretch, weekMinutes } from './timeline.ts';
import { crossesZones, isWorkday, type Node, type Path, targetStates, type World } from './world.ts';

/** Events of nodes, of the cluster and of Weir itself. */
interface InfrastructureHappening {
  readonly count: number;
  /** For growth, including the `fullMinutes` at its end. */
  readonly minutes: readonly [from: number, to: number];
  /** `cluster`: nothing else happens to workloads at that time, since it affects many of them. */
  readonly of: 'node' | 'cluster' | 'link' | 'conntrack';
  /** Changes the world; returns the affected objects, if not the node. */
  apply(scene: Scene): string[] | undefined;
}

interface Scene {
  readonly world: World;
  readonly row: number;
  readonly node: Node;
  readonly during: Stretch;
  readonly random: Random;
}

/** The longest events are placed first. */
const kinds: Partial<Record<HappeningKind, InfrastructureHappening>> = {
  'link grows full': {
    count: 2,
    minutes: [5 * 60, 49 * 60],
    of: 'link',
    apply: ({ node, during, random }) => rampUse(randomUse(node, random), during),
  },
  'link grows full within hours': {
    count: 3,
    minutes: [2.5 * 60, 5 * 60],
    of: 'link',
    apply: ({ node, during, random }) => rampUse(randomUse(node, random), during),
  },
  'conntrack table grows full': {
    count: 2,
    minutes: [5 * 60, 49 * 60],
    of: 'conntrack',
    apply: ({ node, during }) => rampUse(node.conntrackUse, during),
  },
  'link is filled at once': {
    count: 3,
    minutes: [30, 120],
    of: 'link',
    apply: ({ node, during, random }) =>
      raiseUse(randomUse(node, random), during, random.parameter(0.97, 1.02)),
  },
  'conntrack table is filled at once': {
    count: 2,
    minutes: [30, 120],
    of: 'conntrack',
    apply: ({ node, during, random }) => raiseUse(node.conntrackUse, during, random.parameter(0.97, 1)),
  },
  'node goes quiet': {
    count: 1,
    minutes: [60, 180],
    of: 'cluster',
    apply: ({ world, row, node, during }) => {
      dimPaths(
        world,
        during,
        0,
        ({ sourceNode, destinationNode }) => sourceNode === row || destinationNode === row,
      );
      for (const use of [node.transmitUse, node.receiveUse]) use.fill(0.0001, during.from, during.to);
      return undefined;
    },
  },
  'cluster goes quiet': {
    count: 1,
    minutes: [45, 120],
    of: 'cluster',
    apply: ({ world, during, random }) => {
      dimPaths(world, during, random.parameter(0, 0.05), () => true);
      return [];
    },
  },
  'exporter goes silent': {
    count: 2,
    minutes: [20, 120],
    of: 'cluster',
    apply: (scene) => silenceReports(scene),
  },
  'agent does not answer': {
    count: 1,
    minutes: [20, 120],
    of: 'cluster',
    apply: (scene) => silenceAgent(scene, targetStates.down),
  },
  'agent is gone': {
    count: 1,
    minutes: [25, 120],
    of: 'cluster',
    apply: (scene) => silenceAgent(scene, targetStates.gone),
  },
  'aggregator does not answer': {
    count: 1,
    minutes: [15, 90],
    of: 'cluster',
    apply: ({ world, during }) => restartAggregator(world, during, targetStates.down),
  },
  'aggregator is gone': {
    count: 1,
    minutes: [15, 90],
    of: 'cluster',
    apply: ({ world, during }) => restartAggregator(world, during, targetStates.gone),
  },
  'records are lost': {
    count: 2,
    minutes: [25, 90],
    of: 'cluster',
    apply: ({ node, during, random }) => {
      node.lostShare.fill(random.logParameter(0.01, 0.2), during.from, during.to);
      return undefined;
    },
  },
  'node loses packets': {
    count: 2,
    minutes: [30, 120],
    of: 'cluster',
    // some of its traffic is lost
    apply: ({ world, row, during, random }) => {
      const share = random.logParameter(0.03, 0.4);
      const leaving = world.edges.flatMap(({ paths }) =>
        paths.filter(({ sourceNode }) => sourceNode === row),
      );
      for (const { lossShare } of leaving) lossShare.fill(share, during.from, during.to);
      return undefined;
    },
  },
  'bytes across zones surge': {
    count: 2,
    minutes: [120, 240],
    of: 'cluster',
    apply: surgeAcrossZones,
  },
  'aggregator restarts': {
    count: 3,
    minutes: [1, 3],
    of: 'node',
    apply: ({ world, during }) => restartAggregator(world, during, targetStates.down),
  },
  // a job with constant load: no trend, and not full
  'link steps up': {
    count: 2,
    minutes: [180, 720],
    of: 'link',
    apply: ({ node, during, random }) =>
      raiseUse(randomUse(node, random), during, random.parameter(0.55, 0.75)),
  },
  'link spikes': {
    count: 3,
    minutes: [1, 4],
    of: 'link',
    apply: ({ node, during, random }) => raiseUse(randomUse(node, random), during, random.parameter(0.9, 1)),
  },
  'conntrack table spikes': {
    count: 2,
    minutes: [1, 4],
    of: 'conntrack',
    apply: ({ node, during, random }) => raiseUse(node.conntrackUse, during, random.parameter(0.85, 0.97)),
  },
  'a scrape of an agent fails': {
    count: 5,
    minutes: [1, 2],
    of: 'node',
    apply: ({ node, during }) => {
      node.agent.answers.fill(targetStates.down, during.from, during.to);
      return undefined;
    },
  },
};

export function infrastructureHappenings(world: World, calendar: Calendar, random: Random): Happening[] {
  const all: Happening[] = [];
  for (const [kind, happening] of Object.entries(kinds) as [HappeningKind, InfrastructureHappening][]) {
    for (let turn = 0; turn < happening.count; turn++) {
      const own = random.stream(`${kind} ${turn}`);
      const row = own.integer(0, world.nodes.length - 1);
      const node = world.nodes[row]!;
      // as many of five hours as of two days
      const minutes = own.logParameter(...happening.minutes);
      const thing = happening.of === 'cluster' ? 'cluster' : `${happening.of} ${node.name}`;
      // a node without its agent reports nothing about its links
      const agentIsAway = kind.startsWith('agent');
      const blinded = agentIsAway ? [`link ${node.name}`, `conntrack ${node.name}`] : [];
      const isSuitable = (during: Stretch) => blinded.every((other) => calendar.isFree(other, during));
      const reserved = calendar.reserve(thing, minutes, isSuitable, kind.includes('grows') ? 720 : 120);
      if (reserved === undefined) continue;
      const subjects = happening.apply({ world, row, node, during: reserved, random: own }) ?? [
        nodeSubject(node),
      ];
      all.push({
        kind,
        during: reserved,
        subjects,
        consequences: kind === 'node loses packets' ? world.workloads.flatMap(workloadSubjects) : [],
      });
    }
  }
  return all;
}

/** Transition at both ends of a day off, as for a weekend. */
const transitionMinutes = 180;

/** A workday on which daytime workloads rest; the user has declared every other one to the rules. */
export function applyHoliday(world: World, random: Random): Happening | undefined {
  if (world.index % 3 !== 2) return undefined;
  const day = random.integer(1, 4);
  const during = {
    from: corpusMinutes - weekMinutes + day * 1_440,
    to: corpusMinutes - weekMinutes + (day + 1) * 1_440,
  };
  for (const { shape, level } of world.edges) {
    if (!worksByDay.includes(shape.kind)) continue;
    for (let minute = during.from; minute < during.to; minute++) {
      const sunday = Math.max(0, minute - (day + 1) * 1_440);
      const ratio = shape.expected[sunday]! / Math.max(0.01, shape.expected[minute]!);
      const into = Math.min(
        1,
        (minute - during.from) / transitionMinutes,
        (during.to - minute) / transitionMinutes,
      );
      if (isWorkday(minute)) level[minute]! *= 1 + (ratio - 1) * into;
    }
  }
  const isTold = world.index % 6 === 5;
  world.holidays.push({ during, isTold });
  return { kind: isTold ? 'holiday of the calendar' : 'holiday', during, subjects: [], consequences: [] };
}

/** Linear growth on top of the normal use, and then full until the end. */
function rampUse(use: Float64Array, { from, to }: Stretch): undefined {
  const full = to - fullMinutes;
  const missing = 1.02 - use[full]!;
  for (let minute = from; minute < to; minute++) {
    const share = (minute - from) / (full - from);
    use[minute] = share < 1 ? Math.min(1, use[minute]! + missing * share) : 1;
  }
}

function raiseUse(use: Float64Array, { from, to }: Stretch, value: number): undefined {
  for (let minute = from; minute < to; minute++) use[minute] = Math.max(use[minute]!, value);
}

function randomUse(node: Node, random: Random): Float64Array {
  return random.chance(0.5) ? node.transmitUse : node.receiveUse;
}

function silenceAgent(scene: Scene, state: number): undefined {
  scene.node.agent.answers.fill(state, scene.during.from, scene.during.to);
  return silenceReports(scene);
}

/** Another process answers afterwards. */
function restartAggregator(
  { aggregator, restarts }: World,
  { from, to }: Stretch,
  meanwhile: number,
): string[] {
  aggregator.answers.fill(meanwhile, from, to);
  restarts.add(to);
  return [];
}

/** Records of a node stop. Flows that other nodes saw at both ends stay known. */
function silenceReports({ world, row, node, during }: Scene): undefined {
  node.reports.fill(0, during.from, during.to);
  dimPaths(world, during, 0, ({ sourceNode, destinationNode }) =>
    [sourceNode, destinationNode].every((end) => end === undefined || end === row),
  );
}

function dimPaths(world: World, { from, to }: Stretch, factor: number, which: (path: Path) => boolean): void {
  for (const { paths } of world.edges) {
    for (const path of paths.filter(which)) path.seen.fill(factor, from, to);
  }
}

/** Affinity is lost: most of the traffic that could stay in its zone goes to another one. */
function surgeAcrossZones({ world, during, random }: Scene): string[] {
  const crossing = random.parameter(0.75, 0.95);
  for (const { paths } of world.edges) {
    const isCrossing = ({ sourceNode, destinationNode }: Path) =>
      crossesZones([sourceNode, destinationNode], world.nodes);
    const share = paths.filter(isCrossing).reduce((sum, path) => sum + path.share, 0);
    if (share === 0 || share > 0.99) continue;
    for (const path of paths) {
      const factor = isCrossing(path) ? crossing / share : (1 - crossing) / (1 - share);
      path.seen.fill(factor, during.from, during.to);
    }
  }
  return [];
}
