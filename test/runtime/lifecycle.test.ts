import { describe, expect, it } from 'vitest';
import { type Component, Lifecycle, Log, withDeadline } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

function setUp() {
  const clock = new FakeClock();
  const lines: string[] = [];
  const did: string[] = [];
  const component = (name: string, overrides: Partial<Component> = {}): Component => ({
    name,
    start: async () => void did.push(`start ${name}`),
    stop: async () => void did.push(`stop ${name}`),
    ...overrides,
  });
  const lifecycle = new Lifecycle(clock, new Log(clock, (line) => lines.push(line)));
  return { clock, lines, did, component, lifecycle };
}

describe('a lifecycle', () => {
  it('starts sinks before sources and stops them in reverse order', async () => {
    const { did, component, lifecycle } = setUp();
    await lifecycle.start([component('sink'), component('middle'), component('source')]);
    await lifecycle.stop(1_000);
    expect(did).toEqual([
      'start sink',
      'start middle',
      'start source',
      'stop source',
      'stop middle',
      'stop sink',
    ]);
    await lifecycle.stop(1_000);
    expect(did).toHaveLength(6);
  });

  it('stops the started components when one fails to start', async () => {
    const { did, component, lifecycle } = setUp();
    const broken = component('broken', { start: () => Promise.reject(new Error('no privilege')) });
    await expect(lifecycle.start([component('sink'), broken, component('source')])).rejects.toThrow(
      'no privilege',
    );
    expect(did).toEqual(['start sink', 'stop sink']);
  });

  it('does not wait for a component that waits, once the start is abandoned', async () => {
    const { did, component, lifecycle } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const start = () => {
      begun.resolve();
      return promise;
    };
    const waiting = component('waiting', { start, abandonStart: resolve });
    const started = lifecycle.start([component('sink'), waiting, component('source')]);
    await begun.promise;
    lifecycle.abandonStart();
    expect(await started).toBe(false);
    await lifecycle.stop(1_000);
    expect(did).toEqual(['start sink', 'stop waiting', 'stop sink']);
  });

  it('names a component that does not stop in time, and continues without it', async () => {
    const { clock, lines, did, component, lifecycle } = setUp();
    const stuck = component('stuck', { stop: () => new Promise(() => {}) });
    await lifecycle.start([component('sink'), stuck]);
    const stopped = lifecycle.stop(1_000);
    clock.advance(1_500);
    await stopped;
    expect(did).toEqual(['start sink', 'start stuck', 'stop sink']);
    expect(lines).toEqual([
      expect.stringMatching(/error stuck: did not stop cleanly: not done within 1500 ms$/),
    ]);
  });

  it('gives each component the rest of the deadline', async () => {
    const { clock, component, lifecycle } = setUp();
    const given: number[] = [];
    const slow = (name: string) =>
      component(name, {
        stop: async (deadlineMs) => {
          given.push(deadlineMs);
          clock.advance(400);
        },
      });
    await lifecycle.start([slow('a'), slow('b'), slow('c')]);
    await lifecycle.stop(1_000);
    expect(given).toEqual([1_000, 600, 200]);
  });
});

describe('withDeadline', () => {
  it('settles like the promise, if in time', async () => {
    const clock = new FakeClock();
    await expect(withDeadline(clock, Promise.resolve(7), 10)).resolves.toBe(7);
    await expect(withDeadline(clock, Promise.reject(new Error('own')), 10)).rejects.toThrow('own');
  });
});
