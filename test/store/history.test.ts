import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { batchOf, Dictionary, type FlowRecord, noCondition, parseCondition } from '../../src/flow/index.ts';
import { HistoryReader } from '../../src/store/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FlowCorpus } from '../support/flow-corpus.ts';
import { inFormerLayout } from '../support/former-layout.ts';
import { asStored, flowsIn, HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const numbered = (from: number, count: number): FlowRecord[] =>
  Array.from({ length: count }, (_, i) => numberedFlow(from + i, { flowId: from + i }));

const idsOf = (records: readonly FlowRecord[]) => records.map(({ flowId }) => flowId);

describe('a flow history', () => {
  it('returns each record as it was, from its log and from its files', async () => {
    using place = new HistoryPlace();
    const batches = [...new FlowCorpus({ records: 3_000, startMs: Date.now() }).batches()];
    const expected = batches.flatMap((batch) => [...batch]).map(asStored);
    await using history = await place.open();
    for (const batch of batches) await history.append(batch);
    expect(await place.flows()).toEqual(expected);
    await history.flush();
    expect(place.troubles).toEqual([]);
    expect(place.recordFiles()).toHaveLength(1);
    expect(await place.flows()).toEqual(expected);
  });

  it('keeps texts with any octets apart', async () => {
    using place = new HistoryPlace();
    const names = ['a', 'a\0b', 'a\0c', '\0', ' ', 'NULL', "'); DROP", '\u{1f600}', 'a'.repeat(4_096)];
    const records = names.map((name, flowId) => ({ flowId, sourceNodeName: name, destinationPodName: 'a' }));
    const dictionary = new Dictionary();
    const batch = batchOf(records, dictionary);
    // Different octets that are no UTF-8 are the same text.
    for (const [row, octet] of [0xff, 0xfe].entries())
      batch.columns.destinationPodName[row] = dictionary.intern(Uint8Array.of(octet), 0, 1);
    await using history = await place.open();
    await history.append(batch);
    await history.flush();
    expect(await place.flows()).toEqual([...batch].map(asStored));
    expect(await place.flows({ node: ['a\0c'] })).toMatchObject([{ flowId: 2 }]);
    expect([place.troubles, place.notices]).toEqual([[], []]);
  });

  it.each([
    [1, 'which have every field itself'],
    [2, 'which have the start of flows itself'],
  ] as const)('reads files of layout %i, %s', async (layout, _) => {
    using place = new HistoryPlace();
    await using history = await place.open();
    const [batch] = new FlowCorpus({ records: 100, startMs: Date.now() }).batches();
    await history.append(batch!);
    await history.flush();
    const expected = await place.flows();
    await inFormerLayout(place.directory, layout);
    expect(await place.flows()).toEqual(expected);
    expect(await place.flows({ 'min-octets': ['2kB'] })).toEqual(
      expected.filter(
        ({ octetTotalCount = 0, reverseOctetTotalCount = 0 }) =>
          octetTotalCount + reverseOctetTotalCount >= 2_000,
      ),
    );
    expect(place.notices).toEqual([]);
  });

  it('misses no records of a part of the log that becomes a file while it is read', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    await using history = await place.open({}, clock);
    await history.append(batchOf(numbered(0, 10)));
    using reader = await place.reader();
    await history.flush();
    expect(place.recordFiles()).toHaveLength(1);
    expect(idsOf(await flowsIn(reader, { condition: noCondition }))).toEqual(
      Array.from({ length: 10 }, (_, i) => i),
    );
    expect(await reader.stats()).toMatchObject({ records: 10, oldestMs: clock.now(), newestMs: clock.now() });
    expect(reader.notices).toEqual([]);
  });

  it('keeps the order of records over files and log, and finds the newest and those since a time', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    await using history = await place.open({}, clock);
    const times: number[] = [];
    for (let part = 0; part < 4; part++) {
      times.push(clock.now());
      await history.append(batchOf(numbered(part * 10, 10)));
      if (part < 3) await history.flush();
      clock.advance(60_000);
    }
    const all = Array.from({ length: 40 }, (_, i) => i);
    expect(idsOf(await place.flows())).toEqual(all);
    for (const last of [0, 1, 10, 15, 39, 40, 41]) {
      expect(idsOf(await place.flows({}, { last })), `last ${last}`).toEqual(
        last === 0 ? [] : all.slice(-last),
      );
    }
    expect(idsOf(await place.flows({}, { sinceMs: times[2]! })), place.notices.join()).toEqual(all.slice(20));
    expect(idsOf(await place.flows({}, { sinceMs: times[1]! + 1, last: 12 }))).toEqual(all.slice(28));
    expect(idsOf(await place.flows({ src: ['10.0.0.16/30'] }, { last: 3 }))).toEqual([17, 18, 19]);
    expect(place.notices).toEqual([]);
    using reader = await place.reader();
    expect(await reader.oldestMs()).toBe(times[0]);
    expect(await reader.stats()).toMatchObject({
      files: 3,
      records: 40,
      logRecords: 10,
      oldestMs: times[0],
      newestMs: times[3],
      damagedFiles: 0,
      departed: {},
    });
  });

  it('goes on with the log of an earlier process', async () => {
    using place = new HistoryPlace();
    for (let run = 0; run < 5; run++) {
      await using history = await place.open();
      await history.append(batchOf(numbered(run * 10, 10)));
    }
    expect(readdirSync(place.directory).filter((name) => name.endsWith('.segment'))).toHaveLength(1);
    expect(idsOf(await place.flows())).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('makes a file of a full log, and of one that is an hour old, also when the clock was set back', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock(Date.now());
    await using history = await place.open({ fileRecords: 100 }, clock);
    const files = () => place.recordFiles().length;
    for (let batch = 0; batch < 25; batch++) await history.append(batchOf(numbered(batch * 10, 10)));
    await until('two full files', () => files() === 2);
    clock.advance(HOUR_MS + 10_000);
    await until('one that is old enough', () => files() === 3);
    await history.append(batchOf(numbered(250, 10)));
    clock.set(-30 * DAY_MS);
    clock.advance(10_000);
    await until('one from before the clock was set', () => files() === 4);
    await history.append(batchOf(numbered(260, 10)));
    expect(idsOf(await place.flows())).toEqual(Array.from({ length: 270 }, (_, i) => i));
  });

  it('deletes what is too old, a file at a time, and counts it', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    await using history = await place.open({ maxAgeMs: DAY_MS }, clock);
    for (let part = 0; part < 3; part++) {
      await history.append(batchOf(numbered(part * 10, 10)));
      await history.flush();
      clock.advance(10 * HOUR_MS);
    }
    await until('the oldest is gone', () => place.departed.age === 10);
    expect(idsOf(await place.flows())).toEqual(Array.from({ length: 20 }, (_, i) => i + 10));
    using reader = await place.reader();
    expect((await reader.stats()).departed).toEqual({ age: 10 });
  });

  it('stays within its octets, and deletes the oldest first', async () => {
    using place = new HistoryPlace();
    const maxOctets = 60_000;
    await using history = await place.open({ maxOctets });
    let written = 0;
    for (let batch = 0; batch < 100; batch++) {
      await history.append(batchOf(numbered(written, 100)));
      written += 100;
      expect(history.octets).toBeLessThanOrEqual(maxOctets);
    }
    await history.flush();
    const kept = idsOf(await place.flows());
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => written - kept.length + i));
    expect(kept.length).toBeGreaterThan(1_000);
    expect(place.departed).toEqual({ octets: written - kept.length });
    expect(place.troubles).toEqual([]);
  });

  it('is read to the end while its files are deleted', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    await using history = await place.open({}, clock);
    for (let part = 0; part < 3; part++) {
      await history.append(batchOf(numbered(part * 5_000, 4_000)));
      await history.flush();
    }
    using reader = await HistoryReader.open(place.directory);
    const seen: FlowRecord[] = [];
    for await (const { batch, rows } of reader.flows({ condition: noCondition })) {
      if (seen.length === 0) {
        clock.advance(HOUR_MS);
        expect(await history.prune(clock.now())).toEqual({ files: 3, records: 12_000 });
      }
      for (const row of rows) seen.push(batch.at(row));
    }
    // The file that was open is read to its end, the others are gone.
    expect(idsOf(seen)).toEqual(Array.from({ length: 4_000 }, (_, i) => i));
    expect(reader.notices).toEqual([]);
  });

  it('is for one writer', async () => {
    using place = new HistoryPlace();
    await using history = await place.open();
    await expect(place.open()).rejects.toMatchObject({ code: 'WEIR_HISTORY_IN_USE' });
    await history.append(batchOf(numbered(0, 10)));
    expect(await place.flows()).toHaveLength(10);
  });

  it('says where there is none', async () => {
    using place = new HistoryPlace();
    await expect(place.reader()).rejects.toMatchObject({ code: 'WEIR_HISTORY_MISSING' });
    await using history = await place.open();
    expect(await place.flows()).toEqual([]);
    using reader = await HistoryReader.open(place.directory);
    expect(await flowsIn(reader, { condition: parseCondition('port=443'), last: 5 })).toEqual([]);
    expect(await reader.stats()).toMatchObject({ records: 0, oldestMs: undefined, newestMs: undefined });
    expect(history.octets).toBe(0);
  });
});
