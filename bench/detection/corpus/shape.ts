import type { Random } from './random.ts';
import { dayMinutes, weekMinutes } from './timeline.ts';

/** How the traffic of a pair of workloads varies over days and weeks. */
export const shapeKinds = [
  'steady',
  'noisy',
  'seasonal',
  'sparse',
  'bursty',
  'weekend-quiet',
  'growing',
  'uneven',
  'crest',
] as const;
export type ShapeKind = (typeof shapeKinds)[number];

/** Shapes whose workdays differ from days off. */
export const worksByDay: readonly ShapeKind[] = ['weekend-quiet', 'seasonal', 'uneven'];

export interface Shape {
  readonly kind: ShapeKind;
  /** By minute; about 1 in the mean, without noise: the expectation of somebody who knows the workload. */
  readonly expected: Float64Array;
  /** By minute: the actual traffic. */
  readonly level: Float64Array;
}

/** `shiftedFrom`: the minute from which clocks are an hour ahead, if within the corpus. */
export function drawShape(kind: ShapeKind, minutes: number, random: Random, shiftedFrom?: number): Shape {
  const pattern = patterns[kind](random.stream('pattern'), minutes);
  const expected = new Float64Array(minutes).map((_, minute) =>
    pattern(shiftedFrom !== undefined && minute >= shiftedFrom ? minute + 60 : minute),
  );
  const { swing, memoryMinutes, jitter } = noiseOf(kind, random.stream('noise'));
  const noise = slowNoise(random.stream('slow'), swing, memoryMinutes);
  const fast = random.stream('fast');
  return { kind, expected, level: expected.map((level) => level * noise() * fast.factor(jitter)) };
}

type Pattern = (minute: number) => number;

const patterns: Readonly<Record<ShapeKind, (random: Random, minutes: number) => Pattern>> = {
  steady: () => () => 1,
  noisy: () => () => 1,
  sparse: () => () => 1,
  seasonal: (random) => {
    const weekend = random.parameter(0.35, 0.9);
    return dailyPattern(random, random.parameter(0.4, 0.85), () => weekend);
  },
  'weekend-quiet': (random) => {
    const rest = random.parameter(0, 0.03);
    return dailyPattern(random, random.parameter(0.7, 0.95), () => rest);
  },
  growing: (random, minutes) => {
    const aWeek = random.parameter(0.05, 0.25);
    const wave = dailyPattern(random, random.parameter(0.1, 0.5), () => 1);
    return (minute) => wave(minute) * (1 + aWeek) ** ((minute - minutes / 2) / weekMinutes);
  },
  // each week is larger or smaller than the last by this factor
  uneven: (random, minutes) => {
    const weekend = random.parameter(0.35, 0.9);
    const wave = dailyPattern(random, random.parameter(0.2, 0.7), () => weekend);
    const weeks = Array.from({ length: Math.ceil(minutes / weekMinutes) + 1 }, (_, week) =>
      week % 2 === 0 ? 1 + random.parameter(0.2, 0.5) : 1,
    );
    return (minute) => wave(minute) * weeks[Math.floor(minute / weekMinutes)]!;
  },
  crest: (random) => plateauPattern(random, random.parameter(0.1, 0.5), random.parameter(0.7, 1)),
  bursty: (random, minutes) => {
    const on = new Uint8Array(minutes + 60);
    const [length, pause] = [random.parameter(4, 25), random.parameter(40, 200)];
    for (let at = 0; at < on.length; ) {
      at += Math.ceil(pause * random.factor(0.8));
      const end = at + Math.ceil(length * random.factor(0.5));
      on.fill(1, at, end);
      at = end;
    }
    const high = (length + pause) / length;
    return (minute) => (on[minute] ? high : 0.01);
  },
};

/** A day's wave around 1 with the amplitude `swing`, its peak in the daytime and a factor for weekends. */
function dailyPattern(random: Random, swing: number, weekend: () => number): Pattern {
  const peak = random.parameter(10, 19) * 60;
  return (minute) => {
    const turn = (2 * Math.PI * (minute - peak)) / dayMinutes;
    const wave = 1 + swing * Math.cos(turn) + 0.1 * swing * (Math.cos(2 * turn) - 1);
    const day = (minute % weekMinutes) / dayMinutes;
    // the weekend begins and ends gradually within three hours
    const into = Math.min(1, Math.max(0, (day - 5) * 8), Math.max(0, (7 - day) * 8));
    return wave * (1 + (weekend() - 1) * into);
  };
}

/** The traffic of many users: low at night, up within hours of the morning, flat over the day. */
export function plateauPattern(random: Random, night: number, weekend: number): Pattern {
  const [begin, end] = [random.parameter(6, 9) * 60, random.parameter(17, 22) * 60];
  const [up, down] = [random.parameter(30, 240), random.parameter(60, 300)];
  return (minute) => {
    const clock = minute % dayMinutes;
    const high = easedShare((clock - begin) / up) * (1 - easedShare((clock - end) / down));
    const day = (minute % weekMinutes) / dayMinutes;
    return (night + (1.6 - night) * high) * (day >= 5 ? weekend : 1);
  };
}

const easedShare = (share: number): number => {
  const x = Math.min(1, Math.max(0, share));
  return x * x * (3 - 2 * x);
};

function noiseOf(kind: ShapeKind, random: Random): { swing: number; memoryMinutes: number; jitter: number } {
  const memoryMinutes = random.parameter(20, 120);
  if (kind === 'noisy') return { swing: random.parameter(0.25, 0.5), memoryMinutes, jitter: 0.25 };
  if (kind === 'crest') {
    return { swing: random.parameter(0.005, 0.03), memoryMinutes, jitter: random.parameter(0.005, 0.03) };
  }
  if (kind === 'bursty') return { swing: 0.3, memoryMinutes, jitter: 0.3 };
  return { swing: random.parameter(0.03, 0.15), memoryMinutes, jitter: random.parameter(0.02, 0.12) };
}

/** A factor around 1 that drifts: its value `memoryMinutes` before counts for about a third. */
export function slowNoise(random: Random, swing: number, memoryMinutes: number): () => number {
  const keep = Math.exp(-1 / memoryMinutes);
  const fresh = swing * Math.sqrt(1 - keep * keep);
  let state = swing * random.normal();
  return () => {
    state = state * keep + fresh * random.normal();
    return Math.exp(state - (swing * swing) / 2);
  };
}
