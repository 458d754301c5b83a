import { describe, expect, it } from 'vitest';
import { StoreFeeder } from '../../../src/kubernetes/names/store-feeder.ts';
import { FakeClock } from '../../support/fake-clock.ts';

interface Item {
  readonly uid: string;
  readonly version?: number;
}

const items = (count: number): Item[] => Array.from({ length: count }, (_, i) => ({ uid: `${i}` }));

function feederOf(held: readonly Item[] = [], poison?: string) {
  const objects = new Map(held.map((item) => [item.uid, item]));
  const clock = new FakeClock();
  const feeder = new StoreFeeder<Item>(
    {
      get size() {
        return objects.size;
      },
      uids: () => objects.keys(),
      upsert: (item) => {
        if (item.uid === poison) throw new Error(`${poison} is poison`);
        objects.set(item.uid, item);
      },
      remove: (uid) => objects.delete(uid),
      forget: () => {},
    },
    clock,
  );
  return { objects, clock, feeder };
}

describe('a full list', () => {
  it('goes in over several turns, and what it lacks goes out', () => {
    const { objects, clock, feeder } = feederOf([{ uid: 'gone' }]);
    feeder.replace(items(2_500));
    expect(objects.size).toBe(1_001);
    expect(feeder.lists).toBe(0);
    clock.advance(0);
    expect(objects.size).toBe(2_500);
    expect(objects.has('gone')).toBe(false);
    expect(feeder.lists).toBe(1);
  });

  it('is not overtaken by changes that arrive meanwhile', () => {
    const { objects, clock, feeder } = feederOf();
    feeder.replace(items(2_500));
    feeder.upsert({ uid: '2400', version: 2 });
    feeder.remove({ uid: '2401' });
    feeder.upsert({ uid: 'new' });
    clock.advance(0);
    expect(objects.get('2400')).toEqual({ uid: '2400', version: 2 });
    expect(objects.has('2401')).toBe(false);
    expect(objects.has('new')).toBe(true);
    expect(objects.size).toBe(2_500);
  });

  it('ends where it is when a newer one arrives', () => {
    const { objects, clock, feeder } = feederOf();
    feeder.replace(items(2_500));
    feeder.upsert({ uid: 'waiting' });
    feeder.replace(items(10));
    clock.advance(0);
    expect([...objects.keys()]).toEqual(items(10).map(({ uid }) => uid));
    expect(feeder.lists).toBe(1);
  });

  it('that a store cannot take in a later turn fails at the next call, which another list puts right', () => {
    const { clock, feeder } = feederOf([], '2400');
    feeder.replace(items(2_500));
    clock.advance(0);
    expect([feeder.lists, feeder.isPartial]).toEqual([0, true]);
    expect(() => feeder.upsert({ uid: 'new' })).toThrow('2400 is poison');
    feeder.replace(items(2_000));
    clock.advance(0);
    expect([feeder.lists, feeder.isPartial]).toEqual([1, false]);
    expect(() => feeder.upsert({ uid: 'new' })).not.toThrow();
  });

  it('that stops halfway asks for no further turn', () => {
    const { objects, clock, feeder } = feederOf();
    feeder.replace(items(2_500));
    feeder.stop();
    clock.advance(1_000);
    expect(objects.size).toBe(1_000);
  });
});

describe('a change', () => {
  it('goes in at once when no list is under way', () => {
    const { objects, feeder } = feederOf();
    feeder.upsert({ uid: 'a' });
    expect(objects.has('a')).toBe(true);
    feeder.remove({ uid: 'a' });
    expect(objects.has('a')).toBe(false);
  });
});
