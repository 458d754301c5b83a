import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchOf, noCondition } from '../../src/flow/index.ts';
import { type History, readTotals, type Totals, type TotalsWanted } from '../../src/store/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';

const START_MS = Date.UTC(2026, 0, 31, 12);

const wanted: TotalsWanted = {
  fromMs: START_MS,
  toMs: START_MS + 3_600_000,
  condition: noCondition,
  by: ['sourcePod'],
  measures: ['octets', 'records'],
  top: 3,
};

const totalsOf = (
  place: HistoryPlace,
  more: Partial<TotalsWanted> = {},
  signal = new AbortController().signal,
) => readTotals(place.directory, { ...wanted, ...more }, signal);

/** All groups together. */
const sumsOf = ({ groups }: Totals): bigint[] =>
  groups.reduce((sums, { now }) => sums.map((sum, i) => sum + now[i]!), [0n, 0n]);

const batchFrom = (from: number, rows = 10) =>
  batchOf(Array.from({ length: rows }, (_, i) => numberedFlow(from + i)));

/** Octets and records of the flows with these numbers. */
const sumsFrom = (...starts: number[]): bigint[] =>
  starts.reduce(([octets, records], from) => [octets! + BigInt(10 * from + 45), records! + 10n], [0n, 0n]);

/** Files of ten records, a minute each, and ten records in the log. */
async function fill(history: History, clock: FakeClock, files: number): Promise<void> {
  for (let part = 0; part <= files; part++) {
    await history.append(batchFrom(part * 10));
    if (part < files) await history.flush();
    clock.advance(60_000);
  }
}

describe('totals of a history with damage', () => {
  it('leave out a file that is cut at any octet, and say which', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock(START_MS);
    await using history = await place.open({}, clock);
    await fill(history, clock, 3);
    const path = place.recordFiles()[1]!;
    const { length } = readFileSync(path);
    for (const share of [0.99, 0.7, Math.random(), 0]) {
      truncateSync(path, Math.floor(length * share));
      const totals = await totalsOf(place);
      expect(sumsOf(totals)).toEqual(sumsFrom(0, 20, 30));
      expect(totals).toMatchObject({ files: 2, rows: 30, unreadableRecords: 10 });
      expect(totals.unreadable).toMatchObject([
        { name: '000000000002.parquet', records: 10, fromMs: START_MS + 60_000, toMs: START_MS + 60_000 },
      ]);
    }
  });

  it('leave out a file that is damaged inside, and one that is missing', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock(START_MS);
    await using history = await place.open({}, clock);
    await fill(history, clock, 6);
    const paths = place.recordFiles();
    const octets = readFileSync(paths[3]!);
    octets.fill(0xff, 4, Math.floor(octets.length / 2));
    writeFileSync(paths[3]!, octets);
    writeFileSync(paths[1]!, Buffer.alloc(readFileSync(paths[1]!).length));
    rmSync(paths[4]!);
    const totals = await totalsOf(place, { stepMs: 60_000 });
    expect(sumsOf(totals)).toEqual(sumsFrom(0, 20, 50, 60));
    expect(totals.unreadable.map(({ name }) => name).toSorted()).toEqual([
      '000000000002.parquet',
      '000000000004.parquet',
      '000000000005.parquet',
    ]);
    expect(totals.unreadable.find(({ name }) => name.includes('5'))).toMatchObject({ why: 'it is missing' });
  });

  it('count the records of a damaged piece of the log', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock(START_MS);
    {
      await using history = await place.open({}, clock);
      await history.append(batchFrom(0));
      await history.append(batchFrom(10));
    }
    const name = readdirSync(place.directory).find((each) => each.endsWith('.segment'))!;
    const octets = readFileSync(join(place.directory, name));
    octets[octets.length - 5]! ^= 0xff;
    writeFileSync(join(place.directory, name), octets);
    const totals = await totalsOf(place);
    expect(sumsOf(totals)).toEqual(sumsFrom(0));
    expect(totals.unreadableRecords).toBe(10);
  });

  it('are refused without a directory, by an error with its code', async () => {
    using place = new HistoryPlace();
    await expect(totalsOf(place)).rejects.toMatchObject({ code: 'WEIR_HISTORY_MISSING' });
  });
});

describe('totals of a history that changes', () => {
  it('never miss a file in the middle: what retention deletes is counted whole, or it begins later', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock(START_MS);
    await using history = await place.open({}, clock);
    await fill(history, clock, 30);
    const questions = Array.from({ length: 20 }, () => totalsOf(place, { top: 50, stepMs: 60_000 }));
    for (let minute = 1; minute <= 30; minute += 3) await history.prune(START_MS + minute * 60_000 - 1);
    const starts = Array.from({ length: 31 }, (_, part) => part * 10);
    const allowed = starts.map((_, gone) => String(sumsFrom(...starts.slice(gone))));
    for (const totals of await Promise.all(questions)) {
      expect(allowed).toContain(String(sumsOf(totals)));
      expect(totals.unreadable).toEqual([]);
    }
  });

  it('count each record once while segments become files', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock(START_MS);
    await using history = await place.open({}, clock);
    let stored = 0;
    let isDone = false;
    const writing = (async () => {
      for (; stored < 200; stored += 10) {
        await history.append(batchFrom(stored));
        if (stored % 30 === 0) await history.flush();
      }
      isDone = true;
    })();
    let questions = 0;
    while (!isDone || questions < 20) {
      const least = stored;
      const records = sumsOf(await totalsOf(place))[1]!;
      expect(records >= BigInt(least) && records <= BigInt(stored + 10), `${least} ${records}`).toBe(true);
      questions++;
    }
    await writing;
    expect(sumsOf(await totalsOf(place))[1]).toBe(200n);
  });
});

describe('totals of more groups than memory takes', () => {
  it('are exact, and say that the choice of the top groups may not be', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock(START_MS);
    await using history = await place.open({}, clock);
    const rows = 4_000;
    const most = 60_000;
    let octets = 0n;
    for (let from = 0; from < most; from += rows) {
      await history.append(batchFrom(from, rows));
      for (let i = from; i < from + rows; i++) octets += BigInt(i);
    }
    const records = BigInt(Math.ceil(most / rows) * rows);
    const inLog = await totalsOf(place, { by: ['sourceAddress'] });
    await history.flush();
    const inFiles = await totalsOf(place, { by: ['sourceAddress'] });
    for (const totals of [inLog, inFiles]) {
      expect(sumsOf(totals)).toEqual([octets, records]);
      expect(totals).toMatchObject({ groupCount: 50_000, isCut: true });
      expect(totals.groups.slice(0, 3).map(({ now }) => now[0])).toEqual([
        records - 1n,
        records - 2n,
        records - 3n,
      ]);
    }
  });
});

describe('totals that nobody wants any more', () => {
  it('stop with the reason of their signal, before and while they are counted', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock(START_MS);
    await using history = await place.open({}, clock);
    await fill(history, clock, 10);
    await expect(totalsOf(place, {}, AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
    for (let afterMs = 0; afterMs < 60; afterMs += 6) {
      const leaving = new AbortController();
      const totals = totalsOf(place, { stepMs: 60_000 }, leaving.signal);
      setTimeout(() => leaving.abort(new Error('left')), afterMs);
      const end = await totals.then(
        () => 'done',
        (error: Error) => error.message,
      );
      expect(['left', 'done']).toContain(end);
    }
    expect(sumsOf(await totalsOf(place))[1]).toBe(110n);
  });
});
