import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedQueue } from '../../src/runtime/index.ts';

describe('a bounded queue', () => {
  it('returns items in their order, up to its weight', () => {
    const queue = new BoundedQueue<string>(10);
    expect([queue.offer('a', 4), queue.offer('b', 6), queue.offer('c', 1)]).toEqual([true, true, false]);
    expect([queue.weight, queue.length]).toEqual([10, 2]);
    expect([queue.take(), queue.take(), queue.take()]).toEqual(['a', 'b', undefined]);
    expect([queue.weight, queue.length]).toEqual([0, 0]);
  });

  it('accepts an item heavier than its bound only when it is empty', () => {
    const queue = new BoundedQueue<string>(10);
    expect(queue.offer('giant', 50)).toBe(true);
    expect(queue.offer('small', 1)).toBe(false);
    queue.take();
    queue.offer('small', 1);
    expect(queue.offer('giant', 50)).toBe(false);
  });

  it('behaves like an array with a bound under any operations in any order', () => {
    const actions = fc.array(fc.oneof(fc.constant('take' as const), fc.integer({ min: 1, max: 40 })), {
      maxLength: 500,
    });
    fc.assert(
      fc.property(actions, (list) => {
        const queue = new BoundedQueue<number>(100);
        const model: number[] = [];
        for (const action of list) {
          if (action === 'take') expect(queue.take()).toBe(model.shift());
          else {
            const fits = model.reduce((sum, weight) => sum + weight, 0) + action <= 100;
            expect(queue.offer(action, action)).toBe(fits);
            if (fits) model.push(action);
          }
          expect(queue.length).toBe(model.length);
        }
      }),
    );
  });
});
