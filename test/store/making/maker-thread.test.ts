import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchOf, Dictionary, type FlowBatch } from '../../../src/flow/index.ts';
import { systemClock } from '../../../src/runtime/index.ts';
import { MakerThread, type WholeSegment } from '../../../src/store/making/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HistoryPlace } from '../../support/kept-history.ts';
import { numberedFlow } from '../../support/sink-under-test.ts';
import { storedSums, totalOf } from '../../support/summed-flows.ts';

const batchFrom = (from: number, dictionary?: Dictionary): FlowBatch =>
  batchOf(
    Array.from({ length: 10 }, (_, i) =>
      numberedFlow(from + i, {
        flowId: from + i,
        octetDeltaCount: from + i,
        sourcePodName: `web-${(from + i) % 7}`,
        sourcePodNamespace: 'shop',
      }),
    ),
    dictionary,
  );

/** With 20 MB of names. */
function largeDictionary(): Dictionary {
  const dictionary = new Dictionary();
  const name = new Uint8Array(4096).fill(97);
  for (let number = 0; number < 5000; number++) {
    new DataView(name.buffer).setUint32(0, number);
    dictionary.intern(name, 0, name.length);
  }
  return dictionary;
}

const segmentAt = (path: string): WholeSegment => ({
  number: 1,
  path,
  octets: 1,
  records: 10,
  storedAt: { fromMs: 0, toMs: 0 },
});

describe('a thread that makes files', () => {
  it('makes those of rows in memory, from one dictionary after another, and their sums', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock(Date.UTC(2026, 0, 1));
    const maker = new MakerThread(place.directory, clock);
    await using history = await place.open({ maker, fileRecords: 30 }, clock);
    const dictionaries = [new Dictionary(), new Dictionary()];
    const batches = Array.from({ length: 9 }, (_, i) => batchFrom(10 * i, dictionaries[i % 2]));
    for (const batch of batches) await history.append(batch);
    await history.flush();
    expect((await place.flows()).map(({ flowId, sourcePodName }) => [flowId, sourcePodName])).toEqual(
      Array.from({ length: 90 }, (_, i) => [i, `web-${i % 7}`]),
    );
    const names = readdirSync(place.directory);
    expect(names.filter((name) => name.endsWith('.fourHours.parquet'))).toHaveLength(3);
    expect(names.filter((name) => name.endsWith('.segment') || name.endsWith('.tmp'))).toEqual([]);
    for (const tier of ['minutes', 'fourHours'] as const)
      expect(totalOf(await storedSums(place.directory, tier), 'records')).toBe(90n);
    expect(place.troubles).toEqual([]);
  });

  it('says that the segment is not there', async () => {
    using place = new HistoryPlace();
    await (await place.open()).close();
    const maker = new MakerThread(place.directory, systemClock);
    expect(await maker.makeFile(segmentAt(join(place.directory, 'none')), undefined)).toBeUndefined();
    await maker.close();
  });

  it('says by its code what the system refused, and makes the next file', async () => {
    using place = new HistoryPlace();
    await (await place.open()).close();
    const path = join(place.directory, 'some.segment');
    writeFileSync(path, 'x');
    const maker = new MakerThread(join(place.directory, 'gone'), systemClock);
    const rows = { batches: [batchFrom(0)], times: new Float64Array(10) };
    await expect(maker.makeFile(segmentAt(path), rows)).rejects.toMatchObject({ code: 'ENOENT' });
    rmSync(path);
    expect(await maker.makeFile(segmentAt(path), rows)).toBeUndefined();
    await maker.close();
  });

  it('gets no copy of very many names, which would take memory', async () => {
    using place = new HistoryPlace();
    await (await place.open()).close();
    const maker = new MakerThread(place.directory, systemClock);
    const rowsOf = (dictionary: Dictionary) => ({
      batches: [batchFrom(0, dictionary)],
      times: new Float64Array(10),
    });
    const makes = async (rows: ReturnType<typeof rowsOf> | undefined) => {
      const made = await maker.makeFile(segmentAt(join(place.directory, 'none')), rows);
      expect(made).toBeUndefined();
      return maker.isRunning;
    };
    expect(await makes(rowsOf(new Dictionary()))).toBe(true);
    expect(await makes(rowsOf(largeDictionary()))).toBe(false);
    expect(await makes(undefined)).toBe(false);
    expect(await makes(rowsOf(new Dictionary()))).toBe(true);
    await maker.close();
    expect(maker.isRunning).toBe(false);
  });

  it('ends when nothing is wanted for a minute, and starts again', async () => {
    using place = new HistoryPlace();
    await (await place.open()).close();
    const clock = new FakeClock(0);
    const maker = new MakerThread(place.directory, clock);
    const askOnce = () => maker.makeFile(segmentAt(join(place.directory, 'none')), undefined);
    await askOnce();
    expect(maker.isRunning).toBe(true);
    maker.rest();
    await clock.advance(60_000);
    expect(maker.isRunning).toBe(false);
    expect(await askOnce()).toBeUndefined();
    await maker.close();
  });
});
