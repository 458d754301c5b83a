import { expect, it } from 'vitest';
import { SlotMap } from '../../../src/ipfix/wire/slot-map.ts';
import { threadTimeMs } from '../../support/thread-time.ts';

it('a map of slots gives what was set and not deleted, in any order of both', () => {
  const map = new SlotMap<string>();
  for (let n = 0; n < 1_000; n++) map.set(n, `value ${n}`);
  for (let n = 0; n < 1_000; n += 3) expect(map.delete(n)).toBe(true);
  expect(map.delete(3)).toBe(false);
  map.set(3, 'again');
  expect(map.size).toBe(667);
  expect([...map]).toHaveLength(667);
  expect([map.get(2), map.get(3), map.get(6)]).toEqual(['value 2', 'again', undefined]);
  for (let n = 0; n < 1_000; n++) map.delete(n);
  expect([map.size, ...map]).toEqual([0]);
});

it('a key that comes and goes costs the same beside many others as alone', () => {
  const costOf = (others: number): number => {
    const map = new SlotMap<number>();
    for (let n = 1; n <= others; n++) map.set(n, n);
    const beganMs = threadTimeMs();
    for (let n = 0; n < 20_000; n++) {
      map.set(0, n);
      map.delete(0);
    }
    return threadTimeMs() - beganMs;
  };
  const least = (others: number) => Math.min(...Array.from({ length: 5 }, () => costOf(others)));
  expect(least(5_000)).toBeLessThan(10 * least(0) + 5);
});
