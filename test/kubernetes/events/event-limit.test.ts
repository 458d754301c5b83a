import { expect, it } from 'vitest';
import { EventLimit } from '../../../src/kubernetes/events/event-limit.ts';

it('several loud namespaces leave room for one that is quiet', () => {
  const limit = new EventLimit();
  let admitted = 0;
  for (let second = 0; second < 600; second++) {
    for (let event = 0; event < 600; event++)
      if (limit.admits(`loud-${event % 10}`, second * 1_000)) admitted++;
  }
  expect(admitted).toBeGreaterThanOrEqual(20_000 + 599 * 200);
  expect(admitted).toBeLessThan(20_000 + 600 * 210 + 10 * 100);
  const quiet = Array.from({ length: 200 }, () => limit.admits('quiet', 599_000));
  expect(quiet.slice(0, 100)).not.toContain(false);
});
