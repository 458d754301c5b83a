import type { Need } from '../test/support/needs.ts';

/** One line of a benchmark's result. */
export interface BenchRow {
  name: string;
  /** In `unit`. */
  median: number;
  /** E.g. 'records/s', 'ms', 'MB', 'octets/flow'. */
  unit: string;
  /**
   * Half the distance between the quartiles of the runs, as a share of the median; undefined for a single
   * run.
   */
  spread?: number;
  /** How many times better than `against`, measured in the same process. */
  ratio?: number;
  /** As `spread`, of the ratios of the runs. */
  ratioSpread?: number;
  /** The naive way that `ratio` compares with. */
  against?: string;
  /** What must hold. Without `of` it is about the median. */
  target?: Target;
}

export interface Target {
  of?: 'median' | 'ratio';
  atLeast?: number;
  atMost?: number;
}

/** The exports of a file bench/NAME.ts. */
export interface Bench {
  title: string;
  /** It is left out without them. A missing server among them is built. */
  needs?: readonly Need[];
  run: () => Promise<BenchRow[]>;
}

/** The durations of the runs, in the order in which they ran. */
export interface Timing {
  durationsMs: number[];
  medianMs: number;
  /** As in `BenchRow`. */
  spread: number;
}

/** The work of one run. Returns nothing, or the ms that count (to exclude preparation). */
export type Work = () => undefined | number | Promise<undefined | number> | void | Promise<void>;

export interface MeasureOptions {
  /** Runs that count, default 9. */
  runs?: number;
  /** Runs before, which do not count, default 2. */
  warmup?: number;
}

export async function measureWork(work: Work, options?: MeasureOptions): Promise<Timing> {
  const { only } = await measureInterleaved({ only: work }, options);
  return only;
}

/**
 * Measures several ways to do the same by turns (A B, B A, A B, …), so that other work affects all of them.
 * Garbage of one run is collected before the next.
 */
export async function measureInterleaved<Name extends string>(
  ways: Record<Name, Work>,
  { runs = 9, warmup = 2 }: MeasureOptions = {},
): Promise<Record<Name, Timing>> {
  const names = Object.keys(ways) as Name[];
  const rounds: Record<Name, number>[] = [];
  for (let round = -warmup; round < runs; round++) {
    const durationsMs = {} as Record<Name, number>;
    for (const name of round % 2 === 0 ? names : names.toReversed())
      durationsMs[name] = await timeOnce(ways[name]);
    if (round >= 0) rounds.push(durationsMs);
  }
  return timingsOf(rounds);
}

/** The same for several ways that take turns within each run. @param work returns the milliseconds of each */
export async function measureTogether<Name extends string>(
  work: () => Promise<Record<Name, number>>,
  { runs = 9, warmup = 2 }: MeasureOptions = {},
): Promise<Record<Name, Timing>> {
  const rounds: Record<Name, number>[] = [];
  for (let round = -warmup; round < runs; round++) {
    globalThis.gc?.();
    const durationsMs = await work();
    if (round >= 0) rounds.push(durationsMs);
  }
  return timingsOf(rounds);
}

/** How many times as long `slow` took as `fast`: the median over the pairs of neighbouring runs. */
export const timesFaster = (fast: Timing, slow: Timing): number => ratioOf(fast, slow).ratio;

/** The same with its spread. */
export function ratioOf(fast: Timing, slow: Timing): { ratio: number; ratioSpread: number } {
  const ratios = fast.durationsMs.map((durationMs, run) => slow.durationsMs[run]! / durationMs);
  const { median, spread } = summaryOf(ratios);
  return { ratio: median, ratioSpread: spread };
}

/** The median of some values, and half the distance between their quartiles as a share of it. */
export function summaryOf(values: readonly number[]): { median: number; spread: number } {
  const median = quantileOf(values, 0.5);
  return { median, spread: (quantileOf(values, 0.75) - quantileOf(values, 0.25)) / 2 / median };
}

/** A row in units per second, for `count` units in each run. */
export function rateRow(
  name: string,
  unit: string,
  count: number,
  timing: Timing,
  rest: Partial<Pick<BenchRow, 'ratio' | 'ratioSpread' | 'against' | 'target'>> = {},
): BenchRow {
  return { name, unit, median: (count * 1000) / timing.medianMs, spread: timing.spread, ...rest };
}

/** Whether a row's target holds; undefined when it has none. */
export function isWithinTarget({ median, ratio, target }: BenchRow): boolean | undefined {
  if (!target) return undefined;
  const value = target.of === 'ratio' ? ratio : median;
  if (value === undefined) return false;
  return value >= (target.atLeast ?? -Infinity) && value <= (target.atMost ?? Infinity);
}

/** The value below which `share` of the values lie, interpolated between neighbours. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place % 1);
}

async function timeOnce(work: Work): Promise<number> {
  globalThis.gc?.();
  const started = performance.now();
  const own = await work();
  return typeof own === 'number' ? own : performance.now() - started;
}

function timingsOf<Name extends string>(rounds: readonly Record<Name, number>[]): Record<Name, Timing> {
  const names = Object.keys(rounds[0]!) as Name[];
  const timings = names.map((name) => [name, timingOf(rounds.map((round) => round[name]))]);
  return Object.fromEntries(timings) as Record<Name, Timing>;
}

function timingOf(durationsMs: number[]): Timing {
  const { median: medianMs, spread } = summaryOf(durationsMs);
  return { durationsMs, medianMs, spread };
}
