import { readdirSync, readlinkSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchOf,
  dimensionNames,
  type FlowBatch,
  type FlowRecord,
  fieldsOfDimension,
} from '../../src/flow/index.ts';
import { type History, type SumTier, summedFields } from '../../src/store/index.ts';
import { withoutLongSums } from '../support/edited-manifest.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FlowCorpus } from '../support/flow-corpus.ts';
import { inFormerLayout } from '../support/former-layout.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { nameableRecord } from '../support/nameable-record.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { expectedSums, storedSums, totalOf } from '../support/summed-flows.ts';
import { until } from '../support/until.ts';

const tiers: readonly SumTier[] = ['minutes', 'hours', 'fourHours', 'days'];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Dimensions of which rows have every field. A workload is also named by its Pod or its node. */
const summedDimensions = (tier: SumTier) =>
  dimensionNames.filter(
    (name) =>
      name.endsWith('Workload') ||
      fieldsOfDimension(name).every((field) => summedFields(tier).includes(field) && !field.endsWith('IP')),
  );

const batchFrom = (from: number, count = 10): FlowBatch =>
  batchOf(
    Array.from({ length: count }, (_, i) =>
      numberedFlow(from + i, {
        flowId: from + i,
        octetDeltaCount: 7 * (from + i) + 1,
        destinationPodNamespace: 'shop',
      }),
    ),
  );

/** Whether this process has the file open. */
const isOpen = (path: string): boolean =>
  readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // it is closed by now
    }
  });

/** Stores files of ten records each, and tells when. */
async function storeFiles(history: History, clock: FakeClock, files: number, everyMs: number) {
  const stored: { batch: FlowBatch; timeMs: number }[] = [];
  for (let file = 0; file < files; file++) {
    const batch = batchFrom(file * 10);
    stored.push({ batch, timeMs: clock.now() });
    await history.append(batch);
    await history.flush();
    clock.advance(everyMs);
  }
  return stored;
}

/** A flow unlike all others, with each name that rows of sums have. */
function busyFlow(file: number, n: number): FlowRecord {
  const end = (workload: number) => ({
    PodNamespace: `namespace-${workload % 40}`,
    WorkloadKind: 'Deployment',
    WorkloadName: `workload-${workload % 200}`,
    NodeName: `node-${workload % 100}.example`,
    Zone: `zone-${workload % 3}`,
  });
  const named = (prefix: 'source' | 'destination', workload: number) =>
    Object.fromEntries(Object.entries(end(workload)).map(([name, text]) => [`${prefix}${name}`, text]));
  return {
    ...named('source', n),
    ...named('destination', n * 7),
    destinationServicePortName: `namespace-${n % 40}/service-${n % 300}:http`,
    ingressNetworkPolicyName: `policy-${n % 50}`,
    destinationTransportPort: 1 + file * 8_000 + (n % 8_000),
    protocolIdentifier: n < 8_000 ? 6 : 17,
    octetDeltaCount: 1_000,
  };
}

const sumsIn = ({ directory }: HistoryPlace, tier: SumTier): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith(`.${tier}.parquet`))
    .toSorted();

async function expectSums(place: HistoryPlace, stored: Parameters<typeof expectedSums>[0], tier: SumTier) {
  expect(await storedSums(place.directory, tier, ['destinationNamespace', 'destinationPort'])).toEqual(
    expectedSums(stored, tier, ['destinationNamespace', 'destinationPort']),
  );
}

describe('the sums of a history', () => {
  it('equal its records in each dimension and measure, by each length of time', async () => {
    for (const tier of tiers)
      expect(summedDimensions(tier)).toEqual(
        expect.arrayContaining(['sourceWorkload', 'service', 'verdict']),
      );
    expect(summedDimensions('hours')).toContain('sourceNode');
    expect(summedDimensions('days')).not.toContain('sourceNode');
    const some = fc.array(nameableRecord, { minLength: 1, maxLength: 12 });
    const batches = fc.array(some, { minLength: 9, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        using place = new HistoryPlace();
        const clock = new FakeClock();
        await using history = await place.open({}, clock);
        const stored: { batch: FlowBatch; timeMs: number }[] = [];
        for (const records of all) {
          const batch = batchOf(records);
          stored.push({ batch, timeMs: clock.now() });
          await history.append(batch);
          await history.flush();
          clock.advance(25_000);
        }
        await history.flush();
        expect(place.troubles).toEqual([]);
        // Eight files of minutes have become one, and its hours. So have those of four hours, and their days.
        const summed = {
          minutes: stored,
          hours: stored.slice(0, 8),
          fourHours: stored,
          days: stored.slice(0, 8),
        };
        for (const tier of tiers) {
          const by = summedDimensions(tier);
          expect(await storedSums(place.directory, tier, by)).toEqual(expectedSums(summed[tier], tier, by));
        }
      }),
      { numRuns: 2, endOnFailure: true },
    );
  });

  it('equal its records also when they have more names than DuckDB numbers', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    const stored: { batch: FlowBatch; timeMs: number }[] = [];
    {
      await using history = await place.open({}, clock);
      for (let file = 0; file < 9; file++) {
        const records = Array.from({ length: 1_000 }, (_, n): FlowRecord => {
          const number = file * 1_000 + n;
          const names = {
            sourcePodNamespace: `from-${number}`,
            destinationPodNamespace: `to-${number % 7_000}`,
          };
          return numberedFlow(number, { ...names, octetDeltaCount: 7 * number + 1 });
        });
        stored.push({ batch: batchOf(records), timeMs: clock.now() });
        await history.append(batchOf(records));
        await history.flush();
        clock.advance(60_000);
      }
    }
    expect(sumsIn(place, 'minutes')).toHaveLength(2);
    const dimensions = ['sourceNamespace', 'destinationNamespace'] as const;
    expect(await storedSums(place.directory, 'minutes', dimensions)).toEqual(
      expectedSums(stored, 'minutes', dimensions),
    );
  });

  it('have the largest addresses of a file, and all others as a rest', async () => {
    using place = new HistoryPlace();
    await using history = await place.open();
    const records = Array.from({ length: 300 }, (_, i) => ({
      sourceIP: '10.0.0.1',
      destinationIP: `192.0.2.${i % 250}`,
      octetDeltaCount: i < 250 ? 1 + i : 1_000,
    }));
    await history.append(batchOf(records));
    await history.flush();
    const sums = await storedSums(place.directory, 'minutes', ['sourceAddress', 'destinationAddress']);
    expect(sums.size).toBe(101);
    expect(totalOf(sums, 'octets')).toBe((250n * 251n) / 2n + 50_000n);
    const rest = [...sums].filter(([key]) => key.endsWith('null]'));
    // The 50 with 1,000 octets more, and 50 of the others, have rows of their own.
    expect(rest.map(([, values]) => values[0])).toEqual([(200n * 201n) / 2n - (50n * 51n) / 2n]);
    expect([...sums.keys()].every((key) => key.includes('0A000001'))).toBe(true);
  });

  it('have the largest rows of a minute, and all others as a rest', async () => {
    using place = new HistoryPlace();
    await using history = await place.open();
    let octets = 0n;
    for (let from = 0; from < 30_000; from += 3_000) {
      const records = Array.from({ length: 3_000 }, (_, i) => ({
        destinationTransportPort: 1 + from + i,
        protocolIdentifier: 6,
        octetDeltaCount: from + i,
      }));
      for (const { octetDeltaCount } of records) octets += BigInt(octetDeltaCount);
      await history.append(batchOf(records));
    }
    await history.flush();
    const sums = await storedSums(place.directory, 'minutes', ['destinationPort']);
    expect(sums.size).toBeLessThanOrEqual(2 * 20_000);
    expect(totalOf(sums, 'octets')).toBe(octets);
    expect(totalOf(sums, 'records')).toBe(30_000n);
  });

  it('of a busy cluster are merged in the memory that a history has', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    await using history = await place.open({}, clock);
    const [files, rows] = [8, 16_000];
    for (let file = 0; file < files; file++) {
      for (let from = 0; from < rows; from += 1_000)
        await history.append(batchOf(Array.from({ length: 1_000 }, (_, i) => busyFlow(file, from + i))));
      await history.flush();
      clock.advance(60_000);
    }
    await history.flush();
    expect(place.troubles).toEqual([]);
    expect(sumsIn(place, 'minutes')).toEqual(['000000000001-000000000008.minutes.parquet']);
    const minutes = await storedSums(place.directory, 'minutes', ['sourceNode']);
    const hours = await storedSums(place.directory, 'hours', ['sourceNode']);
    for (const sums of [minutes, hours]) {
      expect(totalOf(sums, 'records')).toBe(BigInt(files * rows));
      expect(totalOf(sums, 'octets')).toBe(BigInt(files * rows * 1_000));
    }
  });

  it('are right when the clock is set back, and when a minute comes again', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    await using history = await place.open({}, clock);
    const stored = await storeFiles(history, clock, 5, 20_000);
    clock.set(-80_000);
    stored.push(...(await storeFiles(history, clock, 6, 20_000)));
    await history.flush();
    await expectSums(place, stored, 'minutes');
    await expectSums(place, stored, 'fourHours');
    expect(sumsIn(place, 'minutes').length).toBeLessThan(11);
    expect(place.troubles).toEqual([]);
  });

  it('are made again from records when a file of them is damaged or missing', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    const stored: { batch: FlowBatch; timeMs: number }[] = [];
    {
      await using history = await place.open({}, clock);
      stored.push(...(await storeFiles(history, clock, 10, 20_000)));
    }
    for (const tier of tiers) truncateSync(join(place.directory, sumsIn(place, tier)[0]!), 100);
    rmSync(join(place.directory, sumsIn(place, 'minutes').at(-1)!));
    await using history = await place.open({}, clock);
    expect(
      place.troubles.map((text) => text.replace(/:.*parquet of/s, ' in').replace(/ \(.*\)/, '')).toSorted(),
    ).toEqual([
      ...tiers.map(() => 'damaged in the history is damaged: its sums are made again'),
      'missing in the history is missing: its sums are made again',
    ]);
    await history.flush();
    await expectSums(place, stored, 'minutes');
    await expectSums(place, stored.slice(0, 8), 'hours');
    await expectSums(place, stored, 'fourHours');
    await expectSums(place, stored.slice(0, 8), 'days');
  });

  it('are reported as lost, with their times, when their records are gone', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    {
      await using history = await place.open({ maxAgeMs: HOUR_MS }, clock);
      await storeFiles(history, clock, 1, 2 * HOUR_MS);
      await until('the records are gone', () => place.departed.age === 10);
    }
    truncateSync(join(place.directory, sumsIn(place, 'minutes')[0]!), 100);
    await using history = await place.open({ maxAgeMs: HOUR_MS }, clock);
    expect(place.troubles).toEqual([
      expect.stringContaining(
        'the sums of 10 records in the minutes from 2026-01-01T00:00:00.000Z to 2026-01-01T00:00:00.000Z are lost',
      ),
    ]);
    using reader = await place.reader();
    expect((await reader.stats()).sums.minutes).toMatchObject({ files: 0, departed: { damaged: 10 } });
    expect(history.octets).toBeGreaterThan(0);
  });

  it('that DuckDB makes are interrupted when the history closes, and made by the next one', async () => {
    using place = new HistoryPlace();
    {
      await using history = await place.open();
      const corpus = new FlowCorpus({ records: 100_000, startMs: Date.now(), distinct: 4_096 });
      for (const batch of corpus.batches()) await history.append(batch);
      await history.flush();
    }
    for (const name of sumsIn(place, 'minutes')) rmSync(join(place.directory, name));
    const history = await place.open();
    await until('DuckDB to read the records', () => isOpen(place.recordFiles()[0]!), { everyMs: 1 });
    await history.close();
    expect(sumsIn(place, 'minutes')).toEqual([]);
    const missing = expect.stringMatching(/^missing: .* its sums are made again$/);
    expect(place.troubles).toEqual([missing]);
    await using next = await place.open();
    await next.flush();
    expect(sumsIn(place, 'minutes')).toHaveLength(1);
    expect(place.troubles).toEqual([missing]);
  });

  it('are made for the files of a version of Weir without sums', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    const stored: { batch: FlowBatch; timeMs: number }[] = [];
    {
      await using history = await place.open({}, clock);
      stored.push(...(await storeFiles(history, clock, 9, 20_000)));
    }
    await inFormerLayout(place.directory, 1);
    await using history = await place.open({}, clock);
    await history.flush();
    expect(place.troubles).toEqual([]);
    await expectSums(place, stored, 'minutes');
    await expectSums(place, stored.slice(0, 8), 'hours');
    await expectSums(place, stored, 'fourHours');
    await expectSums(place, stored.slice(0, 8), 'days');
  });

  it('are found again without a manifest, each once', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    const stored: { batch: FlowBatch; timeMs: number }[] = [];
    {
      await using history = await place.open({}, clock);
      stored.push(...(await storeFiles(history, clock, 10, 20_000)));
    }
    rmSync(join(place.directory, 'manifest.jsonl'));
    await using history = await place.open({}, clock);
    await history.flush();
    expect(place.troubles).toEqual([expect.stringContaining('lacked 10 files')]);
    await expectSums(place, stored, 'minutes');
    await expectSums(place, stored, 'fourHours');
  });

  it('stay when their records are deleted, and are deleted by their own ages', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    const removed: string[] = [];
    const sums = {
      minutes: { percent: 20, maxAgeMs: 2 * DAY_MS },
      hours: { percent: 20, maxAgeMs: 30 * DAY_MS },
    };
    await using history = await place.open(
      {
        maxAgeMs: HOUR_MS,
        sums,
        onSumsRemoval: (tier, why, records) => removed.push(`${tier} ${why} ${records}`),
      },
      clock,
    );
    const stored = await storeFiles(history, clock, 1, 7 * HOUR_MS);
    await until('the records are gone', () => place.departed.age === 10);
    await until('there are hours', () => sumsIn(place, 'hours').length === 1);
    await expectSums(place, stored, 'minutes');
    clock.advance(3 * DAY_MS);
    await until('the minutes are gone', () => sumsIn(place, 'minutes').length === 0);
    await until('there are days', () => sumsIn(place, 'days').length === 1);
    await expectSums(place, stored, 'hours');
    clock.advance(30 * DAY_MS);
    await until('the hours are gone', () => sumsIn(place, 'hours').length === 0);
    await history.flush();
    expect(removed).toEqual(tiers.map((tier) => `${tier} age 10`));
    expect(place.troubles).toEqual([]);
  });

  it('by four hours and by day are made for a history that had none of them', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    const stored: { batch: FlowBatch; timeMs: number }[] = [];
    {
      await using history = await place.open({}, clock);
      stored.push(...(await storeFiles(history, clock, 9, 20_000)));
    }
    withoutLongSums(place.directory);
    expect(await storedSums(place.directory, 'fourHours')).toEqual(new Map());
    await using history = await place.open({}, clock);
    await history.flush();
    expect(place.troubles).toEqual([]);
    await expectSums(place, stored, 'fourHours');
    await expectSums(place, stored.slice(0, 8), 'days');
  });

  it('are not made of files that somebody has swapped', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    await using history = await place.open({}, clock);
    for (const records of [10, 20]) {
      await history.append(batchFrom(0, records));
      await history.flush();
    }
    const [one, other] = sumsIn(place, 'minutes').map((name) => join(place.directory, name));
    renameSync(one!, `${one}.else`);
    renameSync(other!, one!);
    renameSync(`${one}.else`, other!);
    clock.advance(7 * HOUR_MS);
    await history.flush();
    expect(sumsIn(place, 'hours')).toEqual([]);
    expect(place.troubles).toEqual([
      expect.stringMatching(/000001\.minutes\.parquet: it has \d+ octets instead of \d+/),
      expect.stringMatching(/000002\.minutes\.parquet: it has \d+ octets instead of \d+/),
    ]);
  });

  it('that do not fit are not made again and again', async () => {
    using place = new HistoryPlace();
    const sums = { minutes: { percent: 20, maxAgeMs: DAY_MS }, hours: { percent: 1, maxAgeMs: DAY_MS } };
    await using history = await place.open({ maxOctets: 200_000, sums });
    await storeFiles(history, new FakeClock(), 9, 0);
    expect(sumsIn(place, 'days')).toEqual([]);
    expect(sumsIn(place, 'minutes')).not.toEqual([]);
    expect(place.troubles).toEqual([]);
  });

  it('and records take no room from each other', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock();
    const sums = { minutes: { percent: 20, maxAgeMs: DAY_MS }, hours: { percent: 10, maxAgeMs: DAY_MS } };
    const maxOctets = 200_000;
    await using history = await place.open({ maxOctets, sums }, clock);
    for (let file = 0; file < 30; file++) {
      await history.append(batchFrom(file * 600, 600));
      await history.flush();
      clock.advance(60_000);
    }
    using reader = await place.reader();
    const stats = await reader.stats();
    expect(stats.sums.minutes.octets).toBeLessThanOrEqual(40_000);
    const { hours, fourHours, days } = stats.sums;
    expect(hours.octets + fourHours.octets + days.octets).toBeLessThanOrEqual(20_000);
    expect(stats.octets).toBeLessThanOrEqual(maxOctets);
    expect(place.departed.octets).toBeGreaterThan(0);
    // Each record is in the tier, or counted as gone from it.
    const { records, departed } = stats.sums.minutes;
    expect(records + (departed.octets ?? 0)).toBe(18_000);
    expect(records).toBeGreaterThan(0);
  });
});
