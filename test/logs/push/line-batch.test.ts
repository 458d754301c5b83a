import { describe, expect, it } from 'vitest';
import { LineBatch } from '../../../src/logs/push/line-batch.ts';
import { LINE_TIME_MS, lineBatch, linesOf, streamsOf } from '../../support/line-batches.ts';

const batch = () => lineBatch({ 'app=a': ['a1', 'a2', 'a3'], 'app=b': ['b1'], 'app=c': ['c1', 'c2'] });

describe('a batch of lines', () => {
  it('is unchanged after encoding as a PushRequest and decoding', () => {
    const decoded = LineBatch.decode(batch().encode(), 7);
    expect(decoded.parts).toEqual(batch().parts);
    expect(decoded).toMatchObject({ count: 6, octets: batch().octets, sinceMs: 7 });
  });

  it('is not decoded if it is truncated within a stream', () => {
    const encoded = batch().encode();
    const ends = [1, 2].map((parts) => new LineBatch(batch().parts.slice(0, parts), 0).encode().length);
    for (let length = 1; length < encoded.length; length++) {
      const decode = () => LineBatch.decode(encoded.subarray(0, length), 0).count;
      if (ends.includes(length)) expect(decode()).toBeLessThan(6);
      else expect(decode, `${length} octets`).toThrow(RangeError);
    }
  });

  it('is divided into halves, the first lines first, down to single lines', () => {
    const [first, second] = batch().halves()!;
    expect([linesOf(first), linesOf(second)]).toEqual([
      ['a1', 'a2', 'a3'],
      ['b1', 'c1', 'c2'],
    ]);
    const [one, two] = first.halves()!;
    expect([linesOf(one), linesOf(two)]).toEqual([['a1'], ['a2', 'a3']]);
    expect(one.halves()).toBeUndefined();
    expect([first.sinceMs, two.sinceMs]).toEqual([LINE_TIME_MS, LINE_TIME_MS]);
  });

  it('is divided by stream', () => {
    expect(
      batch()
        .byStream()
        .map(streamsOf)
        .map((streams) => streams[0]!.stream),
    ).toEqual([{ app: 'a' }, { app: 'b' }, { app: 'c' }]);
  });

  it('gets an additional label, with any other labels', () => {
    const hostile = lineBatch({ 'app=}"\\': ['one'], 'app=b': ['two'] });
    const labelled = hostile.withLabel('replayed', 'true').withLabel('replayed', 'true');
    expect(streamsOf(labelled).map(({ stream }) => stream)).toEqual([
      { app: '}"\\', replayed: 'true' },
      { app: 'b', replayed: 'true' },
    ]);
    expect(linesOf(labelled)).toEqual(['one', 'two']);
  });

  it('drops the lines outside a time range, and reports how many are before and after it', () => {
    const hour = 3_600_000;
    const early = lineBatch({ 'app=a': ['early'], 'app=c': ['gone'] }, 0, LINE_TIME_MS - 3 * hour);
    const late = lineBatch({ 'app=b': ['late'] }, 0, LINE_TIME_MS + 3 * hour);
    const { parts } = batch();
    const mixed = new LineBatch(
      [
        { ...parts[0]!, entries: Buffer.concat([parts[0]!.entries, early.parts[0]!.entries]), count: 4 },
        early.parts[1]!,
        ...late.parts,
      ],
      7,
    );
    const { inside, before, after } = mixed.between(LINE_TIME_MS - hour, LINE_TIME_MS + hour);
    expect(linesOf(inside!)).toEqual(['a1', 'a2', 'a3']);
    expect(inside).toMatchObject({ count: 3, sinceMs: 7 });
    expect([before, after]).toEqual([2, 1]);
    expect(batch().between(LINE_TIME_MS, LINE_TIME_MS)).toMatchObject({ before: 0, after: 0 });
    expect(late.between(0, LINE_TIME_MS)).toEqual({ inside: undefined, before: 0, after: 1 });
  });
});
