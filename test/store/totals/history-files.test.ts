import { expect, it } from 'vitest';
import { tierMs } from '../../../src/store/index.ts';
import { type HistoryFile, type HistoryTier, oldestOf } from '../../../src/store/totals/history-files.ts';

const DAY_MS = tierMs.days;
const START_MS = Date.UTC(2026, 0, 31);

const fileFrom = (tier: HistoryTier, fromMs: number): HistoryFile => ({
  ...{ name: tier, tier, first: 9, last: 16, fromMs, toMs: START_MS + 3 * DAY_MS },
  ...{ records: 10, rows: 10, octets: 1_000, schema: 4, restOf: 0 },
});

it('a history with days alone begins after a day that lacks deleted files', () => {
  const files = [fileFrom('days', START_MS), fileFrom('hours', START_MS + 2 * DAY_MS)];
  expect(oldestOf(files, { goneMs: {} })).toBe(START_MS);
  expect(oldestOf(files, { goneMs: { days: START_MS } })).toBe(START_MS);
  expect(oldestOf(files, { goneMs: { days: START_MS + DAY_MS } })).toBe(START_MS + DAY_MS);
  expect(oldestOf(files, { goneMs: { days: START_MS + 1_001 } })).toBe(START_MS + 1_001);
  const finer = [...files, fileFrom('records', START_MS + DAY_MS / 2)];
  expect(oldestOf(finer, { goneMs: { days: START_MS + DAY_MS } })).toBe(START_MS + DAY_MS / 2);
});
