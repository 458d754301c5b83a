import { describe, expect, it } from 'vitest';
import { readQuery } from '../../src/query/index.ts';
import { answerOf } from '../../src/query/query-answer.ts';
import type { SumsNote, Totals } from '../../src/store/index.ts';

const NOW_MS = Date.UTC(2026, 0, 31, 12);
const time = { fromMs: Date.UTC(2026, 0, 1), toMs: Date.UTC(2026, 0, 2) };

const totals: Totals = {
  groups: [],
  groupCount: 0,
  isCut: false,
  oldestMs: undefined,
  newestMs: undefined,
  undeletedFromMs: undefined,
  deletedToMs: undefined,
  writing: { knownFromMs: undefined, spans: [] },
  absences: [],
  unreadable: [],
  unreadableRecords: 0,
  unlisted: [],
  listFaults: [],
  tiers: ['minutes', 'hours'],
  sumsNotes: [],
  files: 2,
  rows: 20,
};

const coverageWith = (...sumsNotes: SumsNote[]) =>
  answerOf(readQuery({ from: '30d' }, NOW_MS), { ...totals, sumsNotes }, { nowMs: NOW_MS, durationMs: 1 })
    .coverage;

describe('the coverage of an answer', () => {
  it('names the tiers that answered, and records where nothing is stored', () => {
    expect(coverageWith()).toMatchObject({ tiers: ['minutes', 'hours'], files: 2, rows: 20, notices: [] });
    const empty = answerOf(
      readQuery({ from: '30d' }, NOW_MS),
      { ...totals, tiers: [] },
      { nowMs: NOW_MS, durationMs: 1 },
    );
    expect(empty.coverage.tiers).toEqual(['records']);
  });

  it('says in sentences what sums could not tell, at what time, and how much', () => {
    const from = 'From 2026-01-01T00:00:00.000Z to 2026-01-02T00:00:00.000Z only sums';
    const { notices } = coverageWith(
      { kind: 'undivided', tier: 'hours', ...time },
      { kind: 'undivided', tier: 'minutes', ...time },
      { kind: 'valueless', tier: 'hours', dimensions: ['sourcePod', 'sourcePort'], octets: 5n, ...time },
      { kind: 'untested', tier: 'minutes', octets: 7n, ...time },
      { kind: 'unread', fields: ['tcpState'], ...time },
    );
    expect(notices).toEqual([
      `${from} by the hour are left. All flows of an hour count at its beginning.`,
      `${from} by the minute are left. All flows of a minute count at its beginning.`,
      `${from} by the hour are left. 5 octets in them have no value for some of sourcePod, sourcePort.`,
      `${from} by the minute are left. 7 octets in them may fit the condition or not, and are not counted.`,
      `${from} are left, which lack what the question reads: tcpState. They are not counted.`,
    ]);
  });
});
