import { describe, expect, it } from 'vitest';
import { QueryError, readQuery } from '../../src/query/index.ts';

const NOW_MS = Date.UTC(2026, 0, 31, 12);

function refusalOf(question: unknown): string {
  try {
    readQuery(question, NOW_MS);
  } catch (error) {
    if (error instanceof QueryError) return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a question', () => {
  it('needs only the time from which on flows count', () => {
    expect(readQuery({ from: '1h' }, NOW_MS)).toEqual({
      fromMs: NOW_MS - 3_600_000,
      toMs: NOW_MS,
      where: '',
      by: [],
      measures: ['octets'],
      top: 20,
      stepMs: undefined,
      compareMs: undefined,
    });
  });

  it('may have all its values', () => {
    const question = {
      from: '2026-01-30T00:00:00Z',
      to: '2026-01-31T00:00:00Z',
      where: 'namespace=shop and not port=53',
      by: ['sourceWorkload', 'destinationPort'],
      measures: ['flows', 'octets'],
      top: 5,
      step: '1h',
      compare: '7d',
    };
    expect(readQuery(question, NOW_MS)).toMatchObject({
      fromMs: Date.UTC(2026, 0, 30),
      toMs: Date.UTC(2026, 0, 31),
      by: question.by,
      measures: question.measures,
      top: 5,
      stepMs: 3_600_000,
      compareMs: 7 * 86_400_000,
    });
  });

  it('begins the earlier with a whole minute, hour, four hours or day, the longer it is', () => {
    const nowMs = NOW_MS + 5 * 3_600_000 + 61_234;
    const spanOf = (from: string, to = 'now') => {
      const { fromMs, toMs, compareMs } = readQuery({ from, to, compare: 'previous' }, nowMs);
      expect(compareMs).toBe(toMs - fromMs);
      return [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(5));
    };
    const now = '01-31T17:01:01.234Z';
    expect(spanOf('99m')).toEqual(['01-31T15:22:01.234Z', now]);
    expect(spanOf('100m')).toEqual(['01-31T15:21:00.000Z', now]);
    expect(spanOf('7d')).toEqual(['01-24T17:00:00.000Z', now]);
    expect(spanOf('30d')).toEqual(['01-01T16:00:00.000Z', now]);
    expect(spanOf('100d')).toEqual(['10-23T00:00:00.000Z', now]);
    expect(spanOf('14d', '7d')).toEqual(['01-17T17:00:00.000Z', '01-24T17:00:00.000Z']);
    expect(spanOf('720h', '719h')).toEqual(['01-01T17:01:01.234Z', '01-01T18:01:01.234Z']);
    const typed = '2026-01-01T00:00:00.001Z';
    expect(spanOf(typed)).toEqual([typed.slice(5), now]);
    expect(readQuery({ from: '2000m', step: '1m' }, nowMs).stepMs).toBe(60_000);
  });

  it('has buckets of a readable length if it leaves that to Weir, some 200 at most', () => {
    const stepOf = (from: string) => readQuery({ from, step: 'auto' }, NOW_MS).stepMs;
    expect(['1m', '1h', '24h', '7d', '300d'].map(stepOf)).toEqual([
      1_000, 30_000, 600_000, 3_600_000, 172_800_000,
    ]);
  });

  it('compares with the same length of time before', () => {
    expect(readQuery({ from: '6h', to: '5h', compare: 'previous' }, NOW_MS).compareMs).toBe(3_600_000);
  });

  it.each([
    [null, 'query: expected a JSON object; found null'],
    [[], 'query: expected a JSON object; found []'],
    [{}, 'from: expected how long ago, such as "1h" or "7d", or a time in RFC 3339; found nothing'],
    [{ from: 'yesterday' }, /^from: expected how long ago.*found "yesterday"$/],
    [{ from: '1h', to: '2h' }, 'to: expected a time after "from"; found "2h"'],
    [{ from: '1h', group: [] }, /^query: expected only from, to, .*; found "group"$/],
    [{ from: '1h', by: ['port'] }, /^by: expected some of source, .*; found "port"$/],
    [{ from: '1h', by: ['sorceNode'] }, /; found "sorceNode"; did you mean sourceNode\?$/],
    [{ from: '1h', by: ['source', 'source'] }, /^by: expected each name once/],
    [{ from: '1h', by: ['__proto__'] }, /^by: expected some of/],
    [{ from: '1h', by: Array(5).fill('source') }, /^by: expected a list of at most 4 names/],
    [{ from: '1h', measures: 'octets' }, /^measures: expected a list/],
    [{ from: '1h', top: 0 }, 'top: expected a whole number from 1 to 1000; found 0'],
    [{ from: '1h', top: '5' }, 'top: expected a whole number from 1 to 1000; found "5"'],
    [
      { from: '1h', step: '1ms' },
      /^step: expected a duration that divides the time into at most 2000 buckets/,
    ],
    [{ from: '1h', step: 'x' }, /^step: expected "auto", or a duration/],
    [{ from: '1h', step: '2s', top: 1_000 }, /^top: expected groups, buckets and measures/],
    [{ from: '1h', compare: '-1d' }, /^compare: expected "previous"/],
    [{ from: '1h', where: 'namespace = and' }, /^where: column \d+: expected .*; found /],
    [{ from: '1h', where: 'proto=nosuch' }, /^where: .*expected .*; found/],
    [{ from: '1h', where: 7 }, 'where: expected a condition in a text; found 7'],
  ])('is refused as %j', (question, message) => {
    if (typeof message === 'string') expect(refusalOf(question)).toBe(message);
    else expect(refusalOf(question)).toMatch(message);
  });
});
