import { deflateRawSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { batchOfFrame, frameOf } from '../../src/sinks/index.ts';
import { fullRecords } from '../support/hostile-records.ts';

describe('a batch in a frame', () => {
  it('is read as it was', async () => {
    const batch = batchOf(fullRecords());
    const read = await batchOfFrame(frameOf(batch, 1));
    expect([...read!]).toEqual([...batch]);
  });

  it('is read when an earlier version of Weir has deflated it', async () => {
    const batch = batchOf(fullRecords());
    const frame = frameOf(batch, 1);
    const payload = deflateRawSync(zstdDecompressSync(frame.payload), { level: 1 });
    const read = await batchOfFrame({ ...frame, payload });
    expect([...read!]).toEqual([...batch]);
  });

  it('is not read when it is something else', async () => {
    const frame = frameOf(batchOf(fullRecords()), 1);
    expect(await batchOfFrame({ ...frame, payload: frame.payload.subarray(0, 99) })).toBeUndefined();
    expect(await batchOfFrame({ ...frame, payload: new Uint8Array(0) })).toBeUndefined();
    expect(await batchOfFrame({ ...frame, payload: new Uint8Array(1_000).fill(0x28) })).toBeUndefined();
  });
});
