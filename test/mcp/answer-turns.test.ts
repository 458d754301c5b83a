import { describe, expect, it } from 'vitest';
import { AnswerTurns } from '../../src/mcp/answer-turns.ts';

const never = new AbortController().signal;

describe('the turns of answers', () => {
  it('work on one at a time, in the order of the questions', async () => {
    const turns = new AnswerTurns();
    const log: string[] = [];
    const work = (name: string) => async () => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
      return name;
    };
    expect(await Promise.all([turns.take(work('a'), never), turns.take(work('b'), never)])).toEqual([
      'a',
      'b',
    ]);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('go on after a question that fails', async () => {
    const turns = new AnswerTurns();
    const failing = turns.take(() => Promise.reject(new Error('damaged')), never);
    await expect(failing).rejects.toThrow('damaged');
    expect(await turns.take(async () => 'next', never)).toBe('next');
  });

  it('skip a question that is cancelled while it waits', async () => {
    const turns = new AnswerTurns();
    const cancel = new AbortController();
    const begin = Promise.withResolvers<void>();
    const first = turns.take(() => begin.promise, never);
    let isWorkedOn = false;
    const second = turns.take(async () => {
      isWorkedOn = true;
    }, cancel.signal);
    cancel.abort(new Error('cancelled'));
    begin.resolve();
    await first;
    await expect(second).rejects.toThrow('cancelled');
    expect(isWorkedOn).toBe(false);
  });

  it('refuse more than 32 that wait', async () => {
    const turns = new AnswerTurns();
    const begin = Promise.withResolvers<void>();
    const taken = Array.from({ length: 32 }, () => turns.take(() => begin.promise, never));
    await expect(turns.take(async () => {}, never)).rejects.toThrow(
      '32 questions wait for their answers: ask again when one has come',
    );
    begin.resolve();
    await Promise.all(taken);
    await turns.take(async () => {}, never);
  });
});
