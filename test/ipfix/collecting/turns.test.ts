import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Turns } from '../../../src/ipfix/collecting/turns.ts';

describe('work on received messages', () => {
  it('runs immediately until a turn has used its 5 ms, then in order in later turns between other work', async () => {
    let nowMs = 0;
    const turns = new Turns(() => nowMs);
    const done: string[] = [];
    const work = (name: string) => () => {
      nowMs += 4;
      done.push(name);
    };
    turns.spend(work('first'));
    expect(turns.isOver).toBe(false);
    turns.spend(work('second'));
    expect(turns.isOver).toBe(true);
    for (const name of ['third', 'fourth', 'fifth']) turns.defer(work(name));
    expect(done).toEqual(['first', 'second']);
    await nextTurn();
    done.push('others');
    expect(done).toEqual(['first', 'second', 'third', 'fourth', 'others']);
    await nextTurn();
    expect(done.at(-1)).toBe('fifth');
    await nextTurn();
    expect(turns.isOver).toBe(false);
  });

  it('can be divided by asking meanwhile whether the turn is over', () => {
    let nowMs = 0;
    const turns = new Turns(() => nowMs);
    let pieces = 0;
    turns.spend(() => {
      for (; !turns.isOver; nowMs += 2) pieces++;
    });
    expect(pieces).toBe(3);
  });

  it('continues first in the next turn if it stopped midway, before other work', async () => {
    let nowMs = 0;
    const turns = new Turns(() => nowMs);
    const done: string[] = [];
    const long = (part: number) => () => {
      nowMs += 11;
      done.push(`long, ${part}`);
      if (part < 3) turns.resume(long(part + 1));
    };
    turns.defer(() => done.push('other'));
    turns.spend(long(1));
    for (const part of [2, 3]) {
      expect(turns.isOver).toBe(true);
      await nextTurn();
      expect(done.at(-1)).toBe(`long, ${part}`);
    }
    await nextTurn();
    expect(done.at(-1)).toBe('other');
  });
});
