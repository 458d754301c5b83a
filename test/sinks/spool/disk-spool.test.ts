import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DiskSpool, type Lost, type SpoolOptions } from '../../../src/sinks/index.ts';
import { drain, numberedFrame } from '../../support/numbered-frames.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

/** Of a frame and of a segment, as the layouts above their codecs say. */
const FRAME_HEADER = 28;
const SEGMENT_HEADER = 8;

const open = (place: TemporaryDirectory, options: Partial<SpoolOptions> = {}) =>
  DiskSpool.open({ directory: place.file('spool'), maxOctets: 1_000_000, ...options });

const segments = (place: TemporaryDirectory) =>
  readdirSync(place.file('spool')).filter((name) => name.endsWith('.segment'));

const octetsOnDisk = (place: TemporaryDirectory) =>
  segments(place).reduce((sum, name) => sum + statSync(place.file(`spool/${name}`)).size, 0);

describe('a disk spool', () => {
  it('returns frames in their order, the oldest again until it is acknowledged', async () => {
    using place = new TemporaryDirectory();
    await using spool = await open(place);
    expect(spool.recovered).toEqual({
      frames: 0,
      records: 0,
      octets: 0,
      damaged: { frames: 0, records: 0, octets: 0 },
      tornOctets: 0,
    });
    expect(await spool.oldest()).toBeUndefined();
    const frames = [10, 0, 70_000].map((octets, number) => numberedFrame(number, octets));
    for (const frame of frames) await spool.append(frame);
    for (const frame of frames) {
      const oldest = (await spool.oldest())!;
      expect(oldest).toEqual(frame);
      expect(await spool.oldest()).toBe(oldest);
      expect(await spool.acknowledge(oldest)).toBe(true);
      expect(await spool.acknowledge(oldest)).toBe(false);
    }
    expect(await spool.oldest()).toBeUndefined();
  });

  it('returns a frame without a kind with kind 0', async () => {
    using place = new TemporaryDirectory();
    await using spool = await open(place);
    await spool.append({ payload: Uint8Array.of(1), records: 1, timeMs: 5 });
    expect(await spool.oldest()).toEqual({ payload: Uint8Array.of(1), records: 1, timeMs: 5, kind: 0 });
  });

  it('reports its contents, and its size on disk to the octet', async () => {
    using place = new TemporaryDirectory();
    await using spool = await open(place, { segmentOctets: 400 });
    for (let number = 1; number <= 4; number++) await spool.append(numberedFrame(number, 100));
    const whole = 4 * (FRAME_HEADER + 100) + 2 * SEGMENT_HEADER;
    expect(spool.readings).toEqual({ frames: 4, records: 10, octets: whole, maxOctets: 1_000_000 });
    expect(octetsOnDisk(place)).toBe(whole);
    await drain(spool, 1);
    expect(spool.readings).toMatchObject({ frames: 3, records: 9, octets: whole });
    await drain(spool, 3);
    expect(spool.readings).toMatchObject({ frames: 0, records: 0, octets: 0 });
    expect(segments(place)).toEqual([]);
  });

  it('deletes a segment when its last frame is acknowledged', async () => {
    using place = new TemporaryDirectory();
    await using spool = await open(place, { segmentOctets: 300 });
    for (let number = 0; number < 6; number++) await spool.append(numberedFrame(number, 100));
    const [, second, third] = segments(place);
    await drain(spool, 1);
    expect(segments(place)).toHaveLength(3);
    await drain(spool, 1);
    expect(segments(place)).toEqual([second, third]);
  });

  it('deletes the oldest segment when full, and reports its number of records', async () => {
    using place = new TemporaryDirectory();
    const lost: Lost[] = [];
    await using spool = await open(place, {
      maxOctets: 600,
      segmentOctets: 300,
      onLost: (loss) => lost.push(loss),
    });
    for (let number = 1; number <= 4; number++) await spool.append(numberedFrame(number, 100));
    await drain(spool, 1);
    expect(lost).toEqual([]);
    await spool.append(numberedFrame(5, 100));
    expect(lost).toEqual([{ reason: 'full', frames: 1, records: 2, octets: FRAME_HEADER + 100 }]);
    expect(spool.readings).toMatchObject({ frames: 3, records: 12 });
    expect(await drain(spool)).toEqual([3, 4, 5]);
  });

  it('reports that a deleted frame can no longer be acknowledged', async () => {
    using place = new TemporaryDirectory();
    const lost: Lost[] = [];
    await using spool = await open(place, {
      maxOctets: 300,
      segmentOctets: 150,
      onLost: (loss) => lost.push(loss),
    });
    await spool.append(numberedFrame(1, 100));
    const first = (await spool.oldest())!;
    await spool.append(numberedFrame(2, 100));
    await spool.append(numberedFrame(3, 100));
    expect(lost).toMatchObject([{ reason: 'full', records: 1 }]);
    expect(await spool.acknowledge(first)).toBe(false);
    expect(await drain(spool)).toEqual([2, 3]);
  });

  it('refuses a frame larger than its bound and loses nothing', async () => {
    using place = new TemporaryDirectory();
    await using spool = await open(place, { maxOctets: 500 });
    await spool.append(numberedFrame(1, 10));
    const largest = 500 - SEGMENT_HEADER - FRAME_HEADER;
    await expect(spool.append(numberedFrame(2, largest + 1))).rejects.toMatchObject({
      code: 'WEIR_SPOOL_FRAME_TOO_LARGE',
      message: expect.stringContaining('501 octets'),
      remedy: expect.stringContaining('smaller'),
    });
    expect(spool.readings).toMatchObject({ frames: 1, records: 1 });
    await spool.append(numberedFrame(3, largest));
    expect(await drain(spool)).toEqual([3]);
  });

  it('refuses counts that its header cannot hold', async () => {
    using place = new TemporaryDirectory();
    await using spool = await open(place);
    for (const records of [-1, 0.5, 2 ** 32, Number.NaN]) {
      await expect(spool.append({ ...numberedFrame(1, 1), records })).rejects.toThrow(/^records of a frame/);
    }
    await spool.append(numberedFrame(2, 1));
    expect(await drain(spool)).toEqual([2]);
  });

  it('keeps the order of appends without waiting, among reads', async () => {
    using place = new TemporaryDirectory();
    await using spool = await open(place, { segmentOctets: 2_000 });
    const appended = Array.from({ length: 100 }, (_, number) =>
      spool.append(numberedFrame(number, number * 9)),
    );
    const numbers = await drain(spool, 50);
    await Promise.all(appended);
    expect([...numbers, ...(await drain(spool))]).toEqual(Array.from({ length: 100 }, (_, number) => number));
  });

  it('continues where the earlier process stopped', async () => {
    using place = new TemporaryDirectory();
    {
      await using spool = await open(place, { segmentOctets: 300 });
      for (let number = 0; number < 7; number++) await spool.append(numberedFrame(number, 100));
      expect(await drain(spool, 3)).toEqual([0, 1, 2]);
      await spool.oldest(); // read and not acknowledged
    }
    await using spool = await open(place, { segmentOctets: 300 });
    const octets = 4 * (FRAME_HEADER + 100);
    expect(spool.recovered).toMatchObject({ frames: 4, records: 3 + 4 + 5 + 6, octets, tornOctets: 0 });
    expect(spool.readings).toMatchObject({ frames: 4, records: 18, octets: octetsOnDisk(place) });
    await spool.append(numberedFrame(7, 100));
    expect(await drain(spool)).toEqual([3, 4, 5, 6, 7]);
  });

  it('respects a smaller bound from the next frame', async () => {
    using place = new TemporaryDirectory();
    {
      await using spool = await open(place, { segmentOctets: 150 });
      for (let number = 0; number < 7; number++) await spool.append(numberedFrame(number, 100));
    }
    const lost: Lost[] = [];
    await using spool = await open(place, { maxOctets: 300, onLost: (loss) => lost.push(loss) });
    await spool.append(numberedFrame(7, 100));
    expect(lost.map(({ records }) => records)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(octetsOnDisk(place)).toBeLessThanOrEqual(300);
    expect(await drain(spool)).toEqual([6, 7]);
  });

  it('counts removed contents as damaged, once, and continues', async () => {
    using place = new TemporaryDirectory();
    const lost: Lost[] = [];
    await using spool = await open(place, { segmentOctets: 300, onLost: (loss) => lost.push(loss) });
    for (let number = 0; number < 8; number++) await spool.append(numberedFrame(number, 100));
    const [first, second, third] = segments(place).map((name) => place.file(`spool/${name}`));
    rmSync(first!);
    truncateSync(second!, SEGMENT_HEADER + FRAME_HEADER + 100 + FRAME_HEADER + 99);
    writeFileSync(third!, '');
    expect(await drain(spool)).toEqual([2, 6, 7]);
    const frame = FRAME_HEADER + 100;
    expect(lost).toEqual([
      { reason: 'damaged', frames: 2, records: 0 + 1, octets: 2 * frame },
      { reason: 'damaged', frames: 1, records: 3, octets: frame },
      { reason: 'damaged', frames: 2, records: 4 + 5, octets: 2 * frame },
    ]);
    expect(spool.readings).toMatchObject({ frames: 0, records: 0, octets: 0 });
  });

  it('reports a missing directory, and continues when it is back', async () => {
    using place = new TemporaryDirectory();
    await using spool = await open(place, { segmentOctets: 100 });
    rmSync(place.file('spool'), { recursive: true });
    await expect(spool.append(numberedFrame(1, 100))).rejects.toMatchObject({
      code: 'WEIR_SPOOL_FAILED',
      message: expect.stringContaining(place.file('spool')),
      remedy: expect.stringContaining('Check that the directory exists'),
    });
    expect(spool.readings).toMatchObject({ frames: 0, octets: 0 });
    mkdirSync(place.file('spool'));
    await spool.append(numberedFrame(2, 100));
    expect(await drain(spool)).toEqual([2]);
  });

  it('leaves files of others unchanged', async () => {
    using place = new TemporaryDirectory();
    await (await open(place)).close();
    writeFileSync(place.file('spool/notes.txt'), 'keep');
    await using spool = await open(place);
    await spool.append(numberedFrame(1, 1));
    expect(await drain(spool)).toEqual([1]);
    expect(readdirSync(place.file('spool'))).toContain('notes.txt');
  });

  it('completes pending requests before it closes, and none afterwards', async () => {
    using place = new TemporaryDirectory();
    const spool = await open(place);
    const appended = spool.append(numberedFrame(1, 100_000));
    await Promise.all([spool.close(), spool.close()]);
    await appended;
    for (const refused of [spool.append(numberedFrame(2, 1)), spool.oldest()]) {
      await expect(refused).rejects.toMatchObject({ code: 'WEIR_SPOOL_CLOSED' });
    }
    await using again = await open(place);
    expect(await drain(again)).toEqual([1]);
  });

  it('is private to its user, with its files', async () => {
    using place = new TemporaryDirectory();
    await using spool = await open(place);
    await spool.append(numberedFrame(1, 10));
    const modes = ['spool', `spool/${segments(place)[0]}`].map(
      (name) => statSync(place.file(name)).mode & 0o777,
    );
    expect(modes.map((mode) => mode.toString(8))).toEqual(['700', '600']);
  });

  it('refuses a directory that everybody may write', async () => {
    using place = new TemporaryDirectory();
    mkdirSync(place.file('spool'));
    chmodSync(place.file('spool'), 0o1777);
    await expect(open(place)).rejects.toMatchObject({
      code: 'WEIR_FOLDER_OPEN_TO_ALL',
      message: `every user of this host can write to the directory ${place.file('spool')}`,
    });
    expect(readdirSync(place.file('spool'))).toEqual([]);
  });

  it('follows no link in the place of a segment', async () => {
    using place = new TemporaryDirectory();
    mkdirSync(place.file('spool'));
    writeFileSync(place.file('victim'), 'untouched');
    symlinkSync(place.file('victim'), place.file('spool/000000000001.segment'));
    await expect(open(place)).rejects.toMatchObject({ code: 'WEIR_SPOOL_LINK' });
    expect(readFileSync(place.file('victim'), 'utf8')).toBe('untouched');
  });
});
