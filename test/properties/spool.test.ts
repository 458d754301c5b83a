import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DiskSpool, type Frame, type Lost, type SpoolOptions } from '../../src/sinks/index.ts';
import { drain, numberedFrame, numberOf } from '../support/numbered-frames.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const FRAME_HEADER = 28;
const SEGMENT_HEADER = 8;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), octets: fc.nat(250) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'acknowledge' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'read' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'close' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'die' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A spool, and the array that it must equal. */
class Play {
  readonly #place: TemporaryDirectory;
  readonly #options: Omit<SpoolOptions, 'directory'>;
  #directory = 0;
  #spool: DiskSpool | undefined;
  /** Numbers and octets of the frames that are not done. */
  readonly #model: { number: number; octets: number }[] = [];
  #nextNumber = 0;
  #read: Frame | undefined;
  /** Whether the frame that was read has been dropped. */
  #isReadLost = false;
  #mayLose = false;

  constructor(place: TemporaryDirectory, maxOctets: number, segmentOctets: number) {
    this.#place = place;
    this.#options = { maxOctets, segmentOctets, onLost: (lost) => this.#lose(lost) };
  }

  async take(one: Step): Promise<void> {
    this.#spool ??= await this.#open();
    switch (one.kind) {
      case 'append':
        await this.#append(this.#spool, one.octets);
        break;
      case 'read':
        this.#read = await this.#spool.oldest();
        this.#isReadLost = false;
        if (this.#read === undefined) expect(this.#model).toEqual([]);
        else expect(numberOf(this.#read)).toBe(this.#model[0]!.number);
        break;
      case 'acknowledge':
        if (this.#read === undefined) break;
        expect(await this.#spool.acknowledge(this.#read)).toBe(!this.#isReadLost);
        if (!this.#isReadLost) this.#model.shift();
        this.#read = undefined;
        break;
      case 'close':
        await this.#spool.close();
        this.#read = undefined;
        this.#spool = await this.#open();
        break;
      case 'die': {
        // the next process finds only what the kernel has at this moment
        const dead = this.#spool;
        const before = this.#path;
        this.#directory++;
        for (const name of files(before)) cpSync(join(before, name), join(this.#path, name));
        await dead.close();
        rmSync(before, { recursive: true });
        this.#read = undefined;
        this.#spool = await this.#open();
      }
    }
    this.#compare();
  }

  async end(): Promise<void> {
    if (this.#spool === undefined) return;
    expect(await drain(this.#spool)).toEqual(this.#model.map(({ number }) => number));
    expect(files(this.#path)).toEqual([]);
    await this.#spool.close();
  }

  get #path(): string {
    return this.#place.file(String(this.#directory));
  }

  async #open(): Promise<DiskSpool> {
    const spool = await DiskSpool.open({ directory: this.#path, ...this.#options });
    expect(spool.recovered).toEqual({
      ...this.#left,
      octets: sum(this.#model.map(({ octets }) => octets)),
      damaged: { frames: 0, records: 0, octets: 0 },
      tornOctets: 0,
    });
    return spool;
  }

  async #append(spool: DiskSpool, octets: number): Promise<void> {
    const { maxOctets } = this.#options;
    const number = this.#nextNumber++;
    const added = FRAME_HEADER + octets;
    this.#mayLose = spool.readings.octets + added + SEGMENT_HEADER > maxOctets;
    const appended = spool.append(numberedFrame(number, octets));
    if (SEGMENT_HEADER + added > maxOctets) {
      this.#mayLose = false;
      await expect(appended).rejects.toMatchObject({ code: 'WEIR_SPOOL_FRAME_TOO_LARGE' });
    } else {
      await appended;
      this.#model.push({ number, octets: added });
    }
    this.#mayLose = false;
  }

  #lose({ reason, frames, records, octets }: Lost): void {
    expect([reason, this.#mayLose]).toEqual(['full', true]);
    const gone = this.#model.splice(0, frames);
    expect(gone).toHaveLength(frames);
    expect(records).toBe(sum(gone.map(({ number }) => number)));
    expect(octets).toBe(sum(gone.map((frame) => frame.octets)));
    this.#isReadLost = true;
  }

  get #left() {
    return { frames: this.#model.length, records: sum(this.#model.map(({ number }) => number)) };
  }

  #compare(): void {
    const { octets, maxOctets, ...left } = this.#spool!.readings;
    expect(left).toEqual(this.#left);
    expect(octets).toBeLessThanOrEqual(maxOctets);
    expect(octets).toBe(sum(files(this.#path).map((name) => readFileSync(join(this.#path, name)).length)));
  }
}

it('a spool equals an array that loses its beginning when full, through any stops and kills', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 60 }),
      fc.constantFrom(200, 700, 3_000),
      fc.constantFrom(1, 150, 400, 10_000),
      async (steps, maxOctets, segmentOctets) => {
        using place = new TemporaryDirectory();
        const play = new Play(place, maxOctets, segmentOctets);
        for (const one of steps) await play.take(one);
        await play.end();
      },
    ),
    { numRuns: 100 },
  );
});

/** The files of an earlier process: nine frames in three segments, the first one done. */
async function leftBehind() {
  using place = new TemporaryDirectory();
  {
    await using spool = await DiskSpool.open({
      directory: place.path,
      maxOctets: 10_000,
      segmentOctets: 180,
    });
    for (let number = 1; number <= 9; number++) await spool.append(numberedFrame(number, number * 3));
    await drain(spool, 1);
  }
  const segments = files(place.path).map((name) => ({ name, octets: readFileSync(join(place.path, name)) }));
  let number = 1;
  return segments.map(({ name, octets }) => {
    const frames: { number: number; start: number; end: number }[] = [];
    for (let start = SEGMENT_HEADER; start < octets.length; number++) {
      const end = start + FRAME_HEADER + number * 3;
      frames.push({ number, start, end });
      start = end;
    }
    expect(frames.at(-1)!.end).toBe(octets.length);
    return { name, octets, frames };
  });
}
type Left = Awaited<ReturnType<typeof leftBehind>>;

/** The frames of the next process, and its count of lost ones, after one file has changed. */
async function found(place: TemporaryDirectory, left: Left, changed: number, octets: Uint8Array) {
  const directory = place.file('spool');
  mkdirSync(directory);
  for (const [index, segment] of left.entries()) {
    writeFileSync(join(directory, segment.name), index === changed ? octets : segment.octets);
  }
  let lostFrames = 0;
  let lostRecords = 0;
  const onLost = (lost: Lost) => {
    lostFrames += lost.frames;
    lostRecords += lost.records;
  };
  const spool = await DiskSpool.open({ directory, maxOctets: 10_000, onLost });
  const numbers = await drain(spool);
  expect(spool.readings).toMatchObject({ frames: 0, records: 0, octets: 0 });
  await spool.close();
  rmSync(directory, { recursive: true });
  return { numbers, lostFrames, lostRecords, recovered: spool.recovered };
}

it('a spool with truncated files returns every whole frame, and reports what it cut', async () => {
  using place = new TemporaryDirectory();
  const left = await leftBehind();
  expect(left).toHaveLength(3);
  for (const [changed, { octets, frames }] of left.entries()) {
    for (let length = 0; length < octets.length; length++) {
      const { numbers, recovered } = await found(place, left, changed, octets.subarray(0, length));
      const isThere = ({ number, end }: { number: number; end: number }) =>
        (number > 1 || length < SEGMENT_HEADER) && end <= length;
      const expected = left.flatMap((segment, index) =>
        segment.frames.filter((frame) => (index === changed ? isThere(frame) : frame.number > 1)),
      );
      expect([length, numbers]).toEqual([length, expected.map(({ number }) => number)]);
      const start = changed === 0 && length >= SEGMENT_HEADER ? frames[0]!.end : SEGMENT_HEADER;
      const good = Math.max(start, ...frames.map(({ end }) => end).filter((end) => end <= length));
      const cut = Math.max(0, length - good);
      const isLast = changed === left.length - 1;
      expect([length, recovered.tornOctets, recovered.damaged.octets]).toEqual([
        length,
        isLast ? cut : 0,
        isLast ? 0 : cut,
      ]);
    }
  }
});

it('a spool with any changed octet returns every undamaged frame, and no wrong one', async () => {
  using place = new TemporaryDirectory();
  const left = await leftBehind();
  for (const [changed, { octets, frames }] of left.entries()) {
    for (let at = 0; at < octets.length; at++) {
      const other = Uint8Array.from(octets);
      other[at]! ^= 1 << (at % 8);
      const { numbers, lostFrames, lostRecords, recovered } = await found(place, left, changed, other);
      const hit = frames.find(({ start, end }) => start <= at && at < end);
      const inHeader = hit !== undefined && at < hit.start + FRAME_HEADER;
      const isLost = (number: number) =>
        hit !== undefined &&
        (inHeader ? number >= hit.number && number <= frames.at(-1)!.number : number === hit.number);
      // if the progress is lost, the first frame is returned again
      const isDone = (number: number) => number === 1 && !(changed === 0 && at < SEGMENT_HEADER);
      const isHitDone = hit?.number === 1;
      const all = left.flatMap((segment) => segment.frames.map(({ number }) => number));
      expect([at, numbers]).toEqual([
        at,
        all.filter((number) => !isDone(number) && (isHitDone || !isLost(number))),
      ]);
      const told = hit !== undefined && !inHeader && !isHitDone ? hit.number : 0;
      expect([at, lostFrames, lostRecords]).toEqual([at, told > 0 ? 1 : 0, told]);
      const rest = hit !== undefined && inHeader && !isHitDone ? octets.length - hit.start : 0;
      expect([at, recovered.damaged.octets]).toEqual([at, rest]);
    }
  }
});

it('a spool with random octets in place of its files returns no frame and does not throw', async () => {
  using place = new TemporaryDirectory();
  const left = await leftBehind();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(2), async (octets, changed) => {
      const { numbers } = await found(place, left, changed, octets);
      const others = left.filter((_, index) => index !== changed).flatMap(({ frames }) => frames);
      expect(numbers).toEqual(others.map(({ number }) => number).filter((number) => number > 1));
    }),
    { numRuns: 200 },
  );
});

function files(directory: string): string[] {
  mkdirSync(directory, { recursive: true });
  return readdirSync(directory).filter((name) => name.endsWith('.segment'));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
