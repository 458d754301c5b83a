import { expect, it } from 'vitest';
import { batchOf, type FlowRecord, noCondition } from '../../../src/flow/index.ts';
import { readTotals } from '../../../src/store/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HistoryPlace } from '../../support/kept-history.ts';

/** With what a group of them needs, more than the memory of a question. */
const FLOWS = 300_000;

/** A flow between Pods that no other flow has. */
const flowOf = (i: number): FlowRecord => ({
  sourcePodNamespace: 'here',
  sourcePodName: String(i).padStart(80, '0'),
  destinationPodNamespace: 'there',
  destinationPodName: String(i).padStart(80, '1'),
  octetDeltaCount: i === 60_000 ? 1_000 : 1,
});

it('counts the groups of one file that do not fit into memory together, each row once', async () => {
  using place = new HistoryPlace();
  const clock = new FakeClock(Date.UTC(2026, 5, 1, 10, 30));
  {
    await using history = await place.open({ fileRecords: FLOWS }, clock);
    for (let i = 0; i < FLOWS; i += 4_000)
      await history.append(batchOf(Array.from({ length: 4_000 }, (_, row) => flowOf(i + row))));
    await history.flush();
  }
  expect(place.recordFiles()).toHaveLength(1);
  const totals = await readTotals(
    place.directory,
    {
      fromMs: clock.now() - 3_600_000,
      toMs: clock.now() + 3_600_000,
      condition: noCondition,
      by: ['sourcePod', 'destinationPod'],
      measures: ['octets', 'records'],
      top: 1,
    },
    new AbortController().signal,
  );
  expect(totals).toMatchObject({ tiers: ['records'], isCut: true });
  expect(totals.groups.map(({ now }) => now)).toEqual([
    [1_000n, 1n],
    [BigInt(FLOWS - 1), BigInt(FLOWS - 1)],
  ]);
});
