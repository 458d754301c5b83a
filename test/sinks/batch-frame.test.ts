import { deflateRawSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { batchOf, Dictionary } from '../../src/flow/index.ts';
import { batchOfFrame, frameOf } from '../../src/sinks/index.ts';
import { fullRecords } from '../support/hostile-records.ts';

describe('a batch in a frame', () => {
  it('is read as it was', () => {
    const batch = batchOf(fullRecords());
    const read = batchOfFrame(frameOf(batch, 1));
    expect([...read!]).toEqual([...batch]);
  });

  it('is read into a dictionary that has other strings, and some of its own', () => {
    const batch = batchOf(fullRecords());
    const dictionary = new Dictionary();
    dictionary.internText('of a batch before');
    dictionary.internText(batch.dictionary.text(2));
    const { size } = dictionary;
    const [one, two] = [1, 2].map((timeMs) => batchOfFrame(frameOf(batch, timeMs), dictionary)!);
    expect([...one!]).toEqual([...batch]);
    expect([...two!]).toEqual([...batch]);
    expect(dictionary.size).toBe(size + batch.dictionary.size - 2);
  });

  it('is read when an earlier version of Weir has deflated it', () => {
    const batch = batchOf(fullRecords());
    const frame = frameOf(batch, 1);
    const payload = deflateRawSync(zstdDecompressSync(frame.payload), { level: 1 });
    const read = batchOfFrame({ ...frame, payload });
    expect([...read!]).toEqual([...batch]);
  });

  it('is not read when it is something else', () => {
    const frame = frameOf(batchOf(fullRecords()), 1);
    expect(batchOfFrame({ ...frame, payload: frame.payload.subarray(0, 99) })).toBeUndefined();
    expect(batchOfFrame({ ...frame, payload: new Uint8Array(0) })).toBeUndefined();
    expect(batchOfFrame({ ...frame, payload: new Uint8Array(1_000).fill(0x28) })).toBeUndefined();
  });
});
