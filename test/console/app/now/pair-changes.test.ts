import { describe, expect, it } from 'vitest';
import { hasWorkloads } from '../../../../src/console/app/groups/pair-dimensions.ts';
import { denialsOf, pairChanges } from '../../../../src/console/app/now/pair-changes.ts';
import type { ExactCount, QueryAnswer } from '../../../../src/query/contract/index.ts';

type Counts = readonly ExactCount[];

const answerOf = (...groups: [key: (string | null)[], totals: Counts, previous?: Counts][]) =>
  ({
    measures: ['octets', 'records'],
    groups: groups.map(([key, totals, previous]) => ({ key, isRest: key.length === 0, totals, previous })),
  }) as unknown as QueryAnswer;

describe('the pairs of these minutes and of those before', () => {
  const answer = answerOf(
    [
      ['shop/web', 'shop/cart'],
      [500, 5],
      [400, 4],
    ],
    [
      ['shop/cart', 'data/redis'],
      ['9007199254740993', 2],
      [0, 0],
    ],
    [
      ['shop/old', 'data/redis'],
      [0, 0],
      [70, 1],
    ],
    [
      ['shop/idle', 'data/redis'],
      [0, 1],
      [60, 1],
    ],
  );

  it('are new or ended if only one of both times has records, however many octets these have', () => {
    const { busiest, fresh, ended, isCut } = pairChanges(answer);
    expect(busiest.map(({ octets }) => octets)).toEqual([9_007_199_254_740_993n, 500n, 0n]);
    expect(fresh.map(({ key }) => key)).toEqual([['shop/cart', 'data/redis']]);
    expect(ended).toMatchObject([{ key: ['shop/old', 'data/redis'], octets: 0n, before: 70n }]);
    expect(isCut).toBe(false);
  });

  it('are not all compared if the answer sums some of them up', () => {
    const cut = answerOf(
      [
        ['a/b', 'c/d'],
        [5, 1],
        [5, 1],
      ],
      [[], [9, 9], [0, 0]],
    );
    expect(pairChanges(cut)).toMatchObject({ isCut: true, fresh: [] });
  });

  it('are workloads where any name has a namespace', () => {
    expect(hasWorkloads(answer)).toBe(true);
    expect(
      hasWorkloads(
        answerOf([
          ['node-1', null],
          [1, 1],
        ]),
      ),
    ).toBe(false);
  });
});

describe('denials', () => {
  it('name both ends and the policies that records name', () => {
    const answer = answerOf(
      [
        ['shop/web', 'data/redis', 'data/deny-all', null],
        [3, 3],
      ],
      [
        ['shop/web', null, null, null],
        [0, 2],
      ],
      [
        ['shop/web', 'x', null, null],
        [0, 0],
      ],
    );
    expect(denialsOf(answer)).toEqual([
      { key: ['shop/web', 'data/redis'], policies: ['data/deny-all'], flows: 3n },
      { key: ['shop/web', null], policies: [], flows: 0n },
    ]);
  });
});
