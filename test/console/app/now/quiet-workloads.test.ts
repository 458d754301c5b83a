import { describe, expect, it } from 'vitest';
import {
  type QuietWindow,
  quietQueries,
  quietWorkloads,
} from '../../../../src/console/app/now/quiet-workloads.ts';
import type { AnswerCoverage, QueryAnswer } from '../../../../src/query/contract/index.ts';

const SECONDS = 900;
const FROM_MS = 1_000_000;
const whole = { coveredFromMs: 1, gaps: [], unreadableRecords: 0 } as unknown as AnswerCoverage;

/** A window in which workloads send so many octets a second. */
function windowOf(rates: Record<string, number>, coverage = whole, isCut = false): QuietWindow {
  const groups = Object.entries(rates).map(([workload, rate]) => ({
    key: [workload],
    isRest: false,
    totals: [rate * SECONDS],
  }));
  if (isCut) groups.push({ key: [], isRest: true, totals: [1] });
  const answer = (some: typeof groups) =>
    ({ fromMs: FROM_MS, coverage, groups: some }) as unknown as QueryAnswer;
  return { bySource: answer(groups), byDestination: answer([]) };
}

const usual = { 'shop/web': 100_000, 'shop/cart': 50_000, 'shop/tiny': 500 };
const days = Array.from({ length: 5 }, () => windowOf(usual));

describe('quiet workloads', () => {
  it('carry less than 40 % of the median of this time on former days; tiny ones are not looked at', () => {
    const holiday = windowOf({});
    const finding = quietWorkloads(
      [windowOf({ 'shop/web': 39_000, 'shop/cart': 41_000 }), ...days, holiday],
      0,
    );
    expect(finding).toEqual({
      isKnown: true,
      days: 6,
      quiet: [{ workload: 'shop/web', rate: 39_000, usual: 100_000 }],
    });
  });

  it('may have no traffic at all', () => {
    const finding = quietWorkloads([windowOf({ 'shop/web': 100_000 }), ...days], 0);
    expect(finding).toMatchObject({ quiet: [{ workload: 'shop/cart', rate: 0 }] });
  });

  it.each([
    ['a history with two former days', [windowOf(usual), ...days.slice(0, 2)]],
    [
      'a gap in these minutes',
      [windowOf(usual, { ...whole, gaps: [{ fromMs: 1, toMs: 2, why: 'no process wrote' }] }), ...days],
    ],
    ['unreadable records', [windowOf(usual, { ...whole, unreadableRecords: 1 }), ...days]],
    ['more workloads than an answer names', [windowOf(usual, whole, true), ...days]],
    ['nothing', []],
  ])('cannot be known from %s', (_, windows) => {
    expect(quietWorkloads(windows, 0)).toMatchObject({ isKnown: false });
  });

  it('cannot be known while the process, if it tells, has not seen all of these minutes', () => {
    const windows = [windowOf({}), ...days];
    expect(quietWorkloads(windows, FROM_MS + 1)).toMatchObject({ isKnown: false });
    expect(quietWorkloads(windows, undefined)).toMatchObject({ isKnown: true });
    expect(quietWorkloads(windows, FROM_MS)).toMatchObject({ isKnown: true });
  });

  it('are asked for a quarter of an hour that has all its records, on the same time of each day', () => {
    const now = Date.parse('2026-01-31T10:00:00Z');
    expect(quietQueries(2, now, 'port=53')[1]).toMatchObject({
      from: '2026-01-29T09:43:00.000Z',
      to: '2026-01-29T09:58:00.000Z',
      where: 'port=53',
      by: ['destinationWorkload'],
    });
  });
});
