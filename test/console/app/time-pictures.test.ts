import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawnGroups } from '../../../src/console/app/groups/drawn-group.ts';
import { timeTicks, valueTicks } from '../../../src/console/app/pictures/axis-ticks.ts';
import { heatCells, strengthFloors, strengthOf } from '../../../src/console/app/pictures/heat-cells.ts';
import { layOutSeries } from '../../../src/console/app/pictures/series-layout.ts';
import {
  bucketAt,
  bucketEnd,
  bucketStart,
  coveredSpan,
  incompleteBecause,
  movedBuckets,
  timeBuckets,
  unknownBecause,
} from '../../../src/console/app/pictures/time-buckets.ts';
import type { DimensionName } from '../../../src/flow/index.ts';
import { madeAnswer } from '../../support/made-answer.ts';

const zoneBefore = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterAll(() => {
  if (zoneBefore === undefined) delete process.env.TZ;
  else process.env.TZ = zoneBefore;
});

const by: DimensionName[] = ['sourceNode'];
const MINUTE_MS = 60_000;
const fromMs = Date.parse('2026-01-31T10:00:00Z');
const toMs = fromMs + 3.5 * MINUTE_MS;
const answer = madeAnswer(
  by,
  [
    { key: ['a'], octets: 90n, series: [60n, 0n, 10n, 20n] },
    { key: 'rest', octets: 12n, series: [6n, 0n, 6n, 0n] },
  ],
  { fromMs, toMs, stepMs: MINUTE_MS },
);
const coverage = {
  ...answer.coverage,
  gaps: [{ fromMs: fromMs + MINUTE_MS, toMs: fromMs + 2 * MINUTE_MS, why: 'no process wrote' as const }],
};
const gapped = { ...answer, coverage };

describe('the buckets of an answer', () => {
  it('end with the asked time, and the last one is open if it is not over', () => {
    const buckets = timeBuckets(answer, toMs + 3_600_000)!;
    expect(buckets).toMatchObject({ count: 4, isLastOpen: true });
    expect([bucketStart(buckets, 3), bucketEnd(buckets, 3)]).toEqual([fromMs + 3 * MINUTE_MS, toMs]);
  });

  it('are whole once their time is over, and records of it have arrived', () => {
    const whole = { ...answer, toMs: fromMs + 4 * MINUTE_MS };
    expect(timeBuckets(whole, whole.toMs + 61_000)!.isLastOpen).toBe(false);
    expect(timeBuckets(whole, whole.toMs + 1_000)!.isLastOpen).toBe(true);
  });

  it('begin with a cut one where the asked time begins within it', () => {
    const cut = { ...answer, fromMs: fromMs + 15_000, firstBucketMs: fromMs };
    const buckets = timeBuckets(cut, toMs + 3_600_000)!;
    expect([bucketStart(buckets, 0), bucketEnd(buckets, 0)]).toEqual([fromMs + 15_000, fromMs + MINUTE_MS]);
    expect(bucketAt(buckets, fromMs + MINUTE_MS)).toBe(1);
    expect([0, 1, 3].map((bucket) => incompleteBecause(buckets, bucket))).toEqual([
      'it began before the asked time',
      undefined,
      'records of this time still arrive',
    ]);
  });

  it('are unknown, not zero, where there is a gap', () => {
    const buckets = timeBuckets(gapped, toMs)!;
    expect([0, 1, 2, 3].map((bucket) => unknownBecause(buckets, bucket))).toEqual([
      undefined,
      'no process wrote',
      undefined,
      undefined,
    ]);
    expect(coveredSpan({ ...gapped, coverage: { ...coverage, coveredFromMs: fromMs + MINUTE_MS } })).toBe(
      1.5 * MINUTE_MS,
    );
  });

  it('are none in an answer without time', () => {
    expect(timeBuckets(madeAnswer(by, []), 0)).toBeUndefined();
  });
});

describe('a picture of series', () => {
  const parts = {
    groups: drawnGroups(gapped),
    by,
    buckets: timeBuckets(gapped, toMs)!,
    measure: 'octets' as const,
    before: undefined,
    width: 350,
    height: 100,
  };

  it('is as high as the sum of a stack, and as the largest line, as a rate', () => {
    expect(layOutSeries({ ...parts, isStacked: true }).largest).toBeCloseTo((66 * 8) / 60);
    expect(layOutSeries({ ...parts, isStacked: false }).largest).toBeCloseTo((60 * 8) / 60);
  });

  it('counts the open last bucket as a whole one, so that it is no peak', () => {
    const last = {
      ...parts,
      groups: drawnGroups(gapped).map((group) => ({ ...group, series: [0n, 0n, 0n, 20n] })),
    };
    expect(layOutSeries({ ...last, isStacked: false }).largest).toBeCloseTo((20 * 8) / 60);
  });

  it('has no line where nothing is known', () => {
    const { layers } = layOutSeries({ ...parts, isStacked: false });
    expect(layers[0]!.path.match(/M/g)).toHaveLength(2);
    expect(layers[0]!.path).toMatch(/^M0,[\d.]+H100M/);
  });

  it('shows all flows of the compared time on the same axis', () => {
    const { ghost, largest } = layOutSeries({
      ...parts,
      isStacked: true,
      before: { buckets: parts.buckets, counts: [600n, 0n, 0n, 0n] },
    });
    expect(largest).toBeCloseTo(80);
    expect(ghost).toMatch(/^M0,0/);
  });

  it('moves buckets of the compared time that begin elsewhere to their own place', () => {
    const earlier = {
      ...answer,
      fromMs: fromMs - 75_000,
      toMs: toMs - 75_000,
      firstBucketMs: fromMs - 120_000,
    };
    const before = {
      buckets: movedBuckets(timeBuckets(earlier, toMs)!, 75_000),
      counts: [60n, 600n, 0n, 0n, 0n],
    };
    const { ghost } = layOutSeries({ ...parts, isStacked: true, before });
    // 350 wide for 210 seconds: its first bucket is cut after 15 of them.
    expect(ghost).toMatch(/^M0,[\d.]+H25V0H125V/);
  });
});

describe('a heat map', () => {
  it('has a row for the rest, and cells that add up to the totals', () => {
    const groups = drawnGroups(answer);
    const cells = heatCells(groups);
    for (const [row, { count }] of groups.entries()) {
      const within = cells.filter((cell) => cell.row === row);
      expect(within.reduce((sum, cell) => sum + cell.count, 0n)).toBe(count);
    }
    expect(groups.at(-1)!.isRest).toBe(true);
  });

  it('has a strength for each fourfold count, and none for nothing', () => {
    expect(strengthFloors(1024n)).toEqual([1, 4, 16, 64, 256]);
    expect([0n, 1n, 4n, 255n, 256n, 1024n].map((count) => strengthOf(count, 1024n))).toEqual([
      0, 1, 2, 4, 5, 5,
    ]);
    expect(strengthOf(1n, 1n)).toBe(5);
  });
});

describe('the ticks of an axis', () => {
  it('are round times of the clock in the zone of the reader', () => {
    expect(timeTicks(fromMs, fromMs + 3_600_000, 7).map(({ text }) => text)).toEqual([
      '11:00',
      '11:10',
      '11:20',
      '11:30',
      '11:40',
      '11:50',
    ]);
  });

  it('stay round when the clock changes', () => {
    const night = Date.parse('2026-03-29T00:00:00+01:00');
    const texts = timeTicks(night, night + 23 * 3_600_000, 10).map(({ text }) => text);
    expect(texts).toEqual(['29 Mar', '03:00', '06:00', '09:00', '12:00', '15:00', '18:00', '21:00']);
    const days = timeTicks(night, night + 4 * 24 * 3_600_000, 6).map(({ value }) =>
      new Date(value).getHours(),
    );
    expect(days.every((hour) => hour === 0)).toBe(true);
  });

  it('are round values from zero on', () => {
    expect(valueTicks(47, String).map(({ text }) => text)).toEqual(['0', '10', '20', '30', '40']);
    expect(valueTicks(0, String)).toEqual([{ value: 0, text: '0' }]);
  });
});
