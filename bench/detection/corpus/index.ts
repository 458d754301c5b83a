/** Generated clusters over weeks, with known incidents, as the metrics that Weir would show. */
import type { Reach } from '../engine/evaluation.ts';
import type { SeriesSlice } from '../engine/remote-write.ts';
import { Calendar } from './calendar.ts';
import { flowSeries } from './flow-series.ts';
import type { Happening } from './happening.ts';
import { applyHoliday, infrastructureHappenings } from './infrastructure-happenings.ts';
import { kubernetesSeries } from './kubernetes-series.ts';
import { agentSeries, aggregatorSeries } from './process-series.ts';
import type { Half } from './random.ts';
import { drawScrapes } from './scrape.ts';
import { timeOf } from './timeline.ts';
import { workloadHappenings } from './workload-happenings.ts';
import { drawWorld, type World } from './world.ts';

export {
  fillKinds,
  fullMinutes,
  type Happening,
  type HappeningKind,
  happeningKinds,
  longKinds,
  workloadSubjects,
} from './happening.ts';
export type { Half } from './random.ts';
export { lostShare, passedShare } from './shortfall.ts';
export { corpusMinutes, corpusStartMs, judgedFromMinute, minuteMs, minuteOf, timeOf } from './timeline.ts';
export type { World } from './world.ts';

/** A cluster with all its events, and their list. */
export function drawCorpus(half: Half, index: number): { world: World; happenings: Happening[] } {
  const world = drawWorld(half, index);
  const calendar = new Calendar(world.random.stream('calendar'));
  const day = applyHoliday(world, world.random.stream('holiday'));
  const happenings = [
    ...(day === undefined ? [] : [day]),
    ...infrastructureHappenings(world, calendar, world.random.stream('infrastructure')),
    ...workloadHappenings(world, calendar, world.random.stream('workloads')),
  ];
  return { world, happenings: happenings.sort((a, b) => a.during.from - b.during.from) };
}

/** All series of a world that `reach` needs, each from its time (ms since 1970) on. */
export function* seriesOf(world: World, reach: Reach): Generator<SeriesSlice> {
  const aggregator = drawScrapes(world.aggregator, world.random.stream('scrapes of the aggregator'));
  yield* aggregatorSeries(world, aggregator, reach);
  for (const node of world.nodes) {
    const scrapes = drawScrapes(node.agent, world.random.stream(`scrapes of ${node.name}`));
    yield* agentSeries(node, scrapes, reach, world.random.stream(`agent of ${node.name}`));
  }
  if (world.kubernetes) {
    const scrapes = drawScrapes(
      world.kubernetes.target,
      world.random.stream('scrapes of kube-state-metrics'),
    );
    yield* kubernetesSeries(world, world.kubernetes, scrapes, reach);
  }
  yield* holidaySeries(world, reach);
  yield* flowSeries(world, aggregator, reach);
}

/** The series of the user's own rule, minute by minute. */
function* holidaySeries({ holidays }: World, reach: Reach): Generator<SeriesSlice> {
  const name = 'weir:holiday:info';
  const fromMs = reach(name);
  if (fromMs === undefined) return;
  for (const { during, isTold } of holidays) {
    if (!isTold) continue;
    const { from, to } = during;
    const minutes = Array.from({ length: to - from + 1 }, (_, minute) => from + minute);
    const times = minutes.map(timeOf).filter((time) => time >= fromMs);
    yield {
      labels: { __name__: name },
      times,
      values: times.map((time) => (time < timeOf(to) ? 1 : Number.NaN)),
    };
  }
}
