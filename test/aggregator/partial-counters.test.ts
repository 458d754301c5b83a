import { expect, it } from 'vitest';
import { counts, TestBed } from './test-bed.ts';

it('marks a flow as partially counted once one of its nodes has offloaded it', () => {
  const bed = new TestBed();
  bed.send(bed.source(), bed.destination());
  expect(bed.pass(1_000)[0]).not.toHaveProperty('partialCounters');
  const later = { flowStartMilliseconds: bed.now - 2_000, flowEndReason: 3, ...counts(2_000, 20, 1_000, 10) };
  bed.send(bed.source(later), bed.destination({ ...later, partialCounters: 'offloaded' }));
  expect(bed.pass(1_000)).toMatchObject([{ octetTotalCount: 2_000, partialCounters: 'offloaded' }]);
});
