import { describe, expect, it } from 'vitest';
import { TimedIndex } from '../../../src/kubernetes/names/timed-index.ts';
import { BEGUN } from './made-objects.ts';

interface Interval {
  readonly address: number;
  readonly fromMs: number;
  untilMs: number;
  readonly sureness: () => number;
}

/** Numbers without an order, the same in each run. */
function* disorder(): Generator<number> {
  for (let state = 42; ; state = (state * 48_271) % 0x7fff_ffff) yield state;
}

describe('an index of owners by address and time', () => {
  it('finds the same owner as a search through all intervals, while entries come, end and go', () => {
    const index = new TimedIndex<Interval>(BEGUN);
    const held = new Map<number, Interval>();
    const numbers = disorder();
    const below = (most: number) => numbers.next().value! % most;
    const ownerAt = (address: number, timeMs: number) =>
      [...held.values()]
        .filter((each) => each.address === address && each.fromMs <= timeMs && timeMs < each.untilMs)
        .reduce<Interval | undefined>(
          (best, each) => (best === undefined || each.fromMs > best.fromMs ? each : best),
          undefined,
        );
    for (let step = 0; step < 6_000; step++) {
      const entries = [...held.keys()];
      if (entries.length > 0 && below(3) === 0) {
        const entry = entries[below(entries.length)]!;
        index.remove(entry);
        held.delete(entry);
      } else {
        // Times lie far enough apart for the skew of clocks not to matter, and differ in each step.
        const fromMs = BEGUN + below(50) * 60_000 + step * 100;
        const owner = { address: below(300), fromMs, untilMs: Number.POSITIVE_INFINITY, sureness: () => 0 };
        const entry = index.add([0, 0, 0xffff, owner.address], 0, fromMs, owner);
        expect(held.has(entry)).toBe(false);
        held.set(entry, owner);
        if (below(2) === 0) {
          owner.untilMs = fromMs + 3_600_000;
          index.setEnd(entry, owner.untilMs);
        }
      }
      const [address, timeMs] = [below(300), BEGUN + 3_600_000 + below(60) * 60_000];
      const expected = ownerAt(address, timeMs);
      const entry = index.findEntry([0, 0, 0xffff, address], 0, 0, timeMs);
      if (expected !== undefined) expect(index.ownerOf(entry)).toBe(expected);
    }
    expect(index.size).toBe(held.size);
  });

  it('tells keys apart by all words and the number', () => {
    const index = new TimedIndex<{ name: string; sureness: () => number }>(BEGUN);
    const keys = [
      [1, 0, 0, 0, 0],
      [0, 1, 0, 0, 0],
      [0, 0, 1, 0, 0],
      [0, 0, 0, 1, 0],
      [0, 0, 0, 0, 1],
    ];
    for (const key of keys) index.add(key.slice(0, 4), key[4]!, BEGUN, { name: `${key}`, sureness: () => 0 });
    expect(keys.map((key) => index.find(key, 0, key[4]!, BEGUN)?.name)).toEqual(keys.map(String));
    expect(index.find([0, 0, 0, 0], 0, 0, BEGUN)).toBeUndefined();
    expect(index.find([1, 0, 0, 0], 0, 0, Number.NaN)).toBeUndefined();
  });
});
