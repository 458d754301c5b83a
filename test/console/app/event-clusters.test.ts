import { expect, it } from 'vitest';
import { eventClusters, signOf } from '../../../src/console/app/pictures/event-clusters.ts';
import { aroundRange } from '../../../src/console/app/time/index.ts';
import { madeEvent } from '../../support/made-event.ts';

const START_MS = Date.UTC(2026, 0, 31, 10);
const eventAt = (second: number, type: 'Normal' | 'Warning' = 'Normal') =>
  madeEvent({ time: new Date(START_MS + second * 1_000).toISOString(), type, facts: { second } });

it('events that are near become one sign, and no chain of them becomes a long one', () => {
  const clusters = eventClusters(
    [0, 5, 9, 10, 14, 40].map((second) => eventAt(second)),
    10_000,
  );
  expect(clusters.map(({ events }) => events.map(({ facts }) => facts.second))).toEqual([
    [0, 5, 9],
    [10, 14],
    [40],
  ]);
  expect(clusters[0]).toMatchObject({ fromMs: START_MS, toMs: START_MS + 9_000 });
  expect(eventClusters([], 10)).toEqual([]);
});

it('the first warning stands for all', () => {
  const [cluster] = eventClusters([eventAt(0), eventAt(1, 'Warning'), eventAt(2, 'Warning')], 10_000);
  expect(signOf(cluster!).facts.second).toBe(1);
  const [normal] = eventClusters([eventAt(3)], 10_000);
  expect(signOf(normal!).facts.second).toBe(3);
});

it('the time around an event is ten minutes to each side, and ends now at the latest', () => {
  const hour = 3_600_000;
  expect(aroundRange(START_MS, START_MS + 1_000, START_MS + hour)).toEqual({
    from: '2026-01-31T09:50:00Z',
    to: '2026-01-31T10:10:01Z',
  });
  expect(aroundRange(START_MS, START_MS, START_MS + 60_000).to).toBe('2026-01-31T10:01:00Z');
});
