import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DiskSpool, type Lost } from '../../../src/sinks/index.ts';
import { drain, numberedFrame } from '../../support/numbered-frames.ts';
import { Program } from '../../support/program.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

const nothing = { frames: 0, records: 0, octets: 0 };
const FRAME = 28 + 100;

/** Six frames, two a segment. */
async function sixFrames(place: TemporaryDirectory) {
  await using spool = await DiskSpool.open({
    directory: place.path,
    maxOctets: 1_000_000,
    segmentOctets: 300,
  });
  for (let number = 1; number <= 6; number++) await spool.append(numberedFrame(number, 100));
  const names = readdirSync(place.path).filter((name) => name.endsWith('.segment'));
  return names.map((name) => place.file(name)) as [string, string, string];
}

async function reopen(place: TemporaryDirectory) {
  const lost: Lost[] = [];
  const options = { directory: place.path, maxOctets: 1_000_000, onLost: (loss: Lost) => lost.push(loss) };
  await using spool = await DiskSpool.open(options);
  return { recovered: spool.recovered, numbers: await drain(spool), lost };
}

function flip(file: string, at: number): void {
  const octets = readFileSync(file);
  octets[at]! ^= 0x10;
  writeFileSync(file, octets);
}

const saidBy = (log: string) => (existsSync(log) ? readFileSync(log, 'utf8') : '');

/**
 * Kills a writer while a large frame is on its way into the file: that has grown by more than a small one.
 */
function killInTheMidst(writer: Program, directory: string, log: string): void {
  const deadline = performance.now() + 5_000;
  let before: number | undefined;
  for (let grown = 0; grown < 200_000 && performance.now() < deadline; ) {
    const said = saidBy(log);
    const number = said.match(/.*begins (\d+)\n/s)?.[1];
    const isLarge = number !== undefined && !said.includes(`appended ${number}\n`);
    const name = readdirSync(directory).findLast((name) => name.endsWith('.segment'));
    const octets = name === undefined ? 0 : statSync(`${directory}/${name}`).size;
    before = isLarge ? (before ?? octets) : undefined;
    grown = octets - (before ?? octets);
  }
  writer.process.kill('SIGKILL');
}

describe('the recovered part of an earlier spool', () => {
  it('lacks an incomplete frame, which is cut off and reported', async () => {
    using place = new TemporaryDirectory();
    const [, , last] = await sixFrames(place);
    truncateSync(last, 8 + FRAME + 90);
    const { recovered, numbers, lost } = await reopen(place);
    expect(recovered).toEqual({
      frames: 5,
      records: 15,
      octets: 5 * FRAME,
      damaged: nothing,
      tornOctets: 90,
    });
    expect([numbers, lost]).toEqual([[1, 2, 3, 4, 5], []]);
  });

  it('is reported once: a second recovery finds nothing torn', async () => {
    using place = new TemporaryDirectory();
    const [, , last] = await sixFrames(place);
    truncateSync(last, 8 + FRAME + 27);
    const open = () => DiskSpool.open({ directory: place.path, maxOctets: 1_000_000 });
    const first = await open();
    await first.close();
    await using second = await open();
    expect([first.recovered.tornOctets, second.recovered.tornOctets]).toEqual([27, 0]);
    expect(second.recovered.frames).toBe(5);
  });

  it('counts a frame that ends too early in an older segment as damaged', async () => {
    using place = new TemporaryDirectory();
    const [first] = await sixFrames(place);
    truncateSync(first, 8 + FRAME + 90);
    const { recovered, numbers } = await reopen(place);
    expect(recovered).toMatchObject({ damaged: { frames: 1, records: 2, octets: 90 }, tornOctets: 0 });
    expect(numbers).toEqual([1, 3, 4, 5, 6]);
  });

  it('lacks the rest of a segment after a damaged header, in octets', async () => {
    using place = new TemporaryDirectory();
    const [, second] = await sixFrames(place);
    flip(second, 8 + 5);
    const { recovered, numbers, lost } = await reopen(place);
    expect(recovered).toMatchObject({ frames: 4, damaged: { frames: 0, records: 0, octets: 2 * FRAME } });
    expect([numbers, lost]).toEqual([[1, 2, 5, 6], []]);
  });

  it('lacks one frame with a damaged payload, which is reported with its records in its turn', async () => {
    using place = new TemporaryDirectory();
    const [, second] = await sixFrames(place);
    flip(second, 8 + 28 + 50);
    const { recovered, numbers, lost } = await reopen(place);
    expect(recovered).toMatchObject({ frames: 6, records: 21, damaged: nothing });
    expect(numbers).toEqual([1, 2, 4, 5, 6]);
    expect(lost).toEqual([{ reason: 'damaged', frames: 1, records: 3, octets: FRAME }]);
  });

  it('starts at the beginning of a segment that has lost its progress', async () => {
    using place = new TemporaryDirectory();
    const [first] = await sixFrames(place);
    {
      await using spool = await DiskSpool.open({ directory: place.path, maxOctets: 1_000_000 });
      expect(await drain(spool, 1)).toEqual([1]);
    }
    flip(first, 3);
    expect((await reopen(place)).numbers).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('ignores a segment with another number', async () => {
    using place = new TemporaryDirectory();
    const [first] = await sixFrames(place);
    writeFileSync(place.file('000000000099.segment'), readFileSync(first));
    const { recovered, numbers } = await reopen(place);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
    expect(recovered.damaged).toEqual({ frames: 0, records: 0, octets: 2 * FRAME });
  });

  it('excludes zeros that a file system added after it', async () => {
    using place = new TemporaryDirectory();
    const [, , last] = await sixFrames(place);
    appendFileSync(last, new Uint8Array(5_000));
    const { recovered, numbers } = await reopen(place);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
    expect(recovered.damaged).toEqual({ frames: 0, records: 0, octets: 5_000 });
  });

  it('contains every acknowledged append of a process that was killed', async () => {
    using place = new TemporaryDirectory();
    using logs = new TemporaryDirectory();
    const writer = new URL('../../support/spool-writer.ts', import.meta.url).pathname;
    let nextUnused = 0;
    let lastDone = -1;
    for (let round = 0; round < 5; round++) {
      const log = logs.file(`${round}`);
      const program = new Program([process.execPath, writer, place.path, String(nextUnused), log]);
      await using _ = program;
      await until('frames', () => saidBy(log).split('appended').length > 10);
      killInTheMidst(program, place.path, log);
      const { signal, stderr } = await program.ended;
      expect([signal, stderr]).toEqual(['SIGKILL', '']);
      const text = saidBy(log);
      const said = (what: string) =>
        [...text.matchAll(new RegExp(`^${what} (\\d+)\n`, 'gm'))].map(([, number]) => Number(number));
      const appended = said('appended');
      lastDone = said('done').at(-1) ?? lastDone;

      await using spool = await DiskSpool.open({ directory: place.path, maxOctets: 2 ** 30 });
      expect(spool.recovered.damaged).toEqual(nothing);
      const oldest = await spool.oldest();
      // of what is done, only what nobody was told of may be missing; what is not done must be there
      expect(oldest!.records).toBeGreaterThan(lastDone);
      expect(oldest!.records).toBeLessThanOrEqual(lastDone + 2);
      const found = spool.recovered.frames;
      const last = oldest!.records + found - 1;
      expect(last).toBeGreaterThanOrEqual(Math.max(...appended));
      const half = await drain(spool, Math.floor(found / 2));
      expect(half).toEqual(Array.from(half, (_, index) => oldest!.records + index));
      lastDone = half.at(-1)!;
      nextUnused = last + 1;
    }
    await using spool = await DiskSpool.open({ directory: place.path, maxOctets: 2 ** 30 });
    const rest = await drain(spool);
    expect(rest).toEqual(
      Array.from({ length: nextUnused - lastDone - 1 }, (_, index) => lastDone + 1 + index),
    );
  });
});
