import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchOf, noCondition } from '../../src/flow/index.ts';
import { answerQuery, readQuery } from '../../src/query/index.ts';
import { ofLaterLayout } from '../support/edited-manifest.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';

const batchFrom = (from: number) =>
  batchOf(Array.from({ length: 10 }, (_, i) => numberedFlow(from + i, { flowId: from + i })));

/** Three files of ten records, and ten in the log. */
async function filled(place: HistoryPlace): Promise<void> {
  await using history = await place.open();
  for (let part = 0; part < 4; part++) {
    await history.append(batchFrom(part * 10));
    if (part < 3) await history.flush();
  }
}

const namesIn = (place: HistoryPlace, ending: string): string[] =>
  readdirSync(place.directory)
    .filter((name) => name.endsWith(ending) && !/-\d+\.\w+\.parquet$/.test(name))
    .toSorted();

const idsOf = async (place: HistoryPlace) => (await place.flows()).map(({ flowId }) => flowId);
const idsFrom = (...starts: number[]) =>
  starts.flatMap((from) => Array.from({ length: 10 }, (_, i) => from + i));

describe('a history with damage', () => {
  it('sets a truncated file aside by name, and loses only that', async () => {
    using place = new HistoryPlace();
    await filled(place);
    const name = namesIn(place, '.parquet')[1]!;
    truncateSync(join(place.directory, name), 500);
    using reader = await place.reader();
    const read = await place.flows();
    expect(read).toHaveLength(30);
    await using history = await place.open();
    expect(place.troubles).toEqual([
      expect.stringMatching(/is damaged \(.*\): 10 records lost. It is set aside as/),
    ]);
    expect(namesIn(place, '.damaged')).toEqual([`${name}.damaged`]);
    expect(await idsOf(place)).toEqual(idsFrom(0, 20, 30));
    using after = await place.reader();
    expect(await after.stats()).toMatchObject({ records: 30, damagedFiles: 1, departed: { damaged: 10 } });
    expect(reader.notices).toEqual([]);
    expect(history.octets).toBeGreaterThan(0);
  });

  it('tells a reader of a file that is damaged inside', async () => {
    using place = new HistoryPlace();
    await filled(place);
    const path = join(place.directory, namesIn(place, '.parquet')[0]!);
    const octets = readFileSync(path);
    octets.fill(0xff, 4, Math.floor(octets.length / 2));
    writeFileSync(path, octets);
    using reader = await place.reader();
    const found: number[] = [];
    for await (const { batch, rows } of reader.flows({ condition: noCondition }))
      for (const row of rows) found.push(batch.at(row).flowId!);
    expect(found).toEqual(idsFrom(10, 20, 30));
    expect(reader.notices).toEqual([expect.stringMatching(/^left out 0+1\.parquet with 10 records: /)]);
  });

  it('counts a file that somebody has deleted', async () => {
    using place = new HistoryPlace();
    await filled(place);
    rmSync(join(place.directory, namesIn(place, '.parquet')[0]!));
    expect(await idsOf(place)).toEqual(idsFrom(10, 20, 30));
    await using history = await place.open();
    expect(place.troubles).toEqual([expect.stringContaining('is missing: 10 records lost')]);
    expect(history.octets).toBeGreaterThan(0);
  });

  it('finds its files again without a manifest, and leaves alone what is none', async () => {
    using place = new HistoryPlace();
    await filled(place);
    rmSync(join(place.directory, 'manifest.jsonl'));
    writeFileSync(join(place.directory, '000000000099.parquet'), 'PAR1 is not enough PAR1');
    writeFileSync(join(place.directory, '000000000098.parquet.tmp'), 'half');
    await using history = await place.open();
    expect(await idsOf(place)).toEqual(idsFrom(0, 10, 20, 30));
    expect(place.troubles).toEqual([
      expect.stringContaining('000000000099.parquet is no file of the history'),
      expect.stringMatching(/lacked 3 files with 30 records: 0+1\.parquet and others\. They count again/),
    ]);
    expect(namesIn(place, '98.parquet.tmp')).toEqual([]);
    await history.append(batchFrom(40));
    await history.flush();
    expect(await idsOf(place)).toEqual(idsFrom(0, 10, 20, 30, 40));
    expect(namesIn(place, '.parquet').at(-1)).toBe('000000000100.parquet');
  });

  it.each([
    ['gives a file under another number its name again', renameSync, /which is its name again/],
    ['sets a copy under another number aside', copyFileSync, /it has the records of .* set aside/],
  ])('%s, and counts its records once', async (_, damage, told) => {
    using place = new HistoryPlace();
    await filled(place);
    damage(place.recordFiles()[1]!, join(place.directory, '000000000009.parquet'));
    await using history = await place.open();
    await history.flush();
    expect(place.troubles).toEqual([expect.stringMatching(told)]);
    expect(await idsOf(place)).toEqual(idsFrom(0, 10, 20, 30));
    const question = readQuery({ from: '1h', measures: ['records'] }, Date.now() + 1_000);
    const { totals } = await answerQuery(place.directory, question, new AbortController().signal);
    expect(totals).toEqual([40]);
  });

  it('with the files of another history in its directory says which count again, and sums up its own', async () => {
    using place = new HistoryPlace();
    using other = new HistoryPlace();
    await filled(place);
    {
      await using history = await other.open();
      for (let part = 0; part < 9; part++) {
        await history.append(batchFrom(100 * part));
        await history.flush();
      }
    }
    const own = readdirSync(place.directory);
    for (const name of readdirSync(other.directory).filter((each) => !own.includes(each)))
      copyFileSync(join(other.directory, name), join(place.directory, name));
    await using history = await place.open();
    await history.flush();
    const told = /lacked 5 files with 50 records: 0+5\.parquet and others\. They count again/;
    expect(place.troubles.filter((text) => told.test(text))).toHaveLength(1);
    const records = (await idsOf(place)).length;
    const question = readQuery({ from: '1h', measures: ['records'] }, Date.now() + 1_000);
    const { totals } = await answerQuery(place.directory, question, new AbortController().signal);
    expect([records, totals]).toEqual([90, [90]]);
  });

  it('names to readers the files that a lost manifest had, until the next start', async () => {
    using place = new HistoryPlace();
    await filled(place);
    rmSync(join(place.directory, 'manifest.jsonl'));
    const question = readQuery({ from: '1h', measures: ['records'] }, Date.now() + 1_000);
    const ask = () => answerQuery(place.directory, question, new AbortController().signal);
    const lost = namesIn(place, '.parquet');
    const { totals, coverage } = await ask();
    expect(totals).toEqual([10]);
    const told = lost.map(
      (name) => `${name}: the list of files lacks it; the next start of Weir lists it again`,
    );
    expect(coverage.notices.filter((notice) => /Left out/.test(notice))).toEqual(
      told.map((text) => `Left out ${text}.`),
    );
    using reader = await place.reader();
    expect(reader.notices).toEqual(told.map((text) => `left out ${text}`));
    await (await place.open()).close();
    const again = await ask();
    expect(again.totals).toEqual([40]);
    expect(again.coverage.notices.filter((notice) => /Left out/.test(notice))).toEqual([]);
  });

  it('reads a manifest whose last line is half written', async () => {
    using place = new HistoryPlace();
    await filled(place);
    appendFileSync(join(place.directory, 'manifest.jsonl'), '{"came":{"num');
    expect(await idsOf(place)).toEqual(idsFrom(0, 10, 20, 30));
    await using history = await place.open();
    await history.flush();
    expect(await idsOf(place)).toEqual(idsFrom(0, 10, 20, 30));
    expect(place.troubles).toEqual([]);
  });

  it('loses a damaged batch of the log, and sets the log aside', async () => {
    using place = new HistoryPlace();
    {
      await using history = await place.open();
      for (let part = 0; part < 3; part++) await history.append(batchFrom(part * 10));
    }
    const path = join(place.directory, namesIn(place, '.segment')[0]!);
    const octets = readFileSync(path);
    octets[8 + 28 + 5]! ^= 0xff; // in the first payload
    writeFileSync(path, octets);
    expect(await idsOf(place)).toEqual(idsFrom(10, 20));
    const name = namesIn(place, '.segment')[0];
    expect(place.notices).toEqual([`left out 10 records of ${name}: its octets are damaged`]);
    await using history = await place.open();
    await history.flush();
    expect(await idsOf(place)).toEqual(idsFrom(10, 20));
    expect(place.departed).toEqual({ damaged: 10 });
    expect(namesIn(place, '.damaged')).toHaveLength(1);
    expect(history.octets).toBeGreaterThan(0);
  });

  it.each([
    ['deletes', 'missing', (path: string) => rmSync(path)],
    ['cuts', 'damaged', (path: string) => truncateSync(path, 100)],
  ])('goes on with another part of the log when somebody %s the one that grows', async (_, fault, damage) => {
    using place = new HistoryPlace();
    await using history = await place.open();
    await history.append(batchFrom(0));
    const path = () => join(place.directory, namesIn(place, '.segment')[0]!);
    await until('the list has it', () =>
      /"log":\{"number":1/.test(readFileSync(join(place.directory, 'manifest.jsonl'), 'utf8')),
    );
    damage(path());
    await until('the loss is noticed', () => place.departed[fault] === 10);
    await history.append(batchFrom(10));
    await history.flush();
    expect(await idsOf(place)).toEqual(idsFrom(10));
    const question = readQuery({ from: '1h', measures: ['records'] }, Date.now() + 1_000);
    const { totals, coverage } = await answerQuery(place.directory, question, new AbortController().signal);
    expect([totals, coverage.unreadableRecords]).toEqual([[10], 10]);
  });

  it('leaves out a file of a later Weir, and says so', async () => {
    using place = new HistoryPlace();
    await filled(place);
    ofLaterLayout(place.directory);
    using reader = await place.reader();
    const found: number[] = [];
    for await (const { batch, rows } of reader.flows({ condition: noCondition }))
      for (const row of rows) found.push(batch.at(row).flowId!);
    expect(found).toEqual(idsFrom(10, 20, 30));
    expect(reader.notices).toEqual([expect.stringContaining('a later Weir wrote it')]);
  });

  it('deletes what it set aside before anything else', async () => {
    using place = new HistoryPlace();
    await filled(place);
    writeFileSync(join(place.directory, '000000000077.parquet.damaged'), new Uint8Array(300_000));
    await using history = await place.open({ maxOctets: 200_000 });
    await until('it is deleted', () => namesIn(place, '.damaged').length === 0);
    expect(await idsOf(place)).toEqual(idsFrom(0, 10, 20, 30));
    expect(history.octets).toBeLessThan(200_000);
  });
});

describe('a folder in the place of a file that nobody needs', () => {
  it.each([
    '000000000005.parquet.tmp',
    'manifest.jsonl.tmp',
    '000000000001.parquet',
    '000000000001-000000000001.minutes.parquet',
  ])('is set aside, and the history starts: %s', async (name) => {
    using place = new HistoryPlace();
    await filled(place);
    {
      await using history = await place.open();
      await history.prune(Date.now() + 86_400_000);
    }
    const path = join(place.directory, name);
    mkdirSync(join(path, 'of-me'), { recursive: true });
    await using history = await place.open();
    expect(existsSync(join(`${path}.damaged`, 'of-me'))).toBe(true);
    expect(place.troubles).toEqual([expect.stringContaining(`the folder ${path} has the name of a file`)]);
    await history.flush();
    expect(await idsOf(place)).toEqual(idsFrom(30));
  });
});
