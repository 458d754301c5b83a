import { expect, it } from 'vitest';
import { ChangedStates, type StatedObject } from '../../../src/kubernetes/events/changed-states.ts';

const NOW = Date.UTC(2026, 0, 1);

it('states from a node whose clock is years ahead silence nothing that comes later', () => {
  const since: number[] = [];
  const states = new ChangedStates<StatedObject>({
    report: (_object, _before, sinceMs) => since.push(sinceMs),
    sinceMs: () => NOW - 60_000,
    nowMs: () => NOW,
    goesByTimes: true,
  });
  const farMs = NOW + 3_650 * 86_400_000;
  for (let i = 0; i < 20_100; i++) states.upsert({ uid: `far-${i}`, state: 'app', latestMs: farMs });
  states.upsert({ uid: 'later', state: 'app', latestMs: NOW });
  expect(states.size).toBe(20_000);
  expect(since.at(-1)).toBe(NOW);
});
