import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { answerQuery, readQuery } from '../../src/query/index.ts';
import { type SumTier, tierMs } from '../../src/store/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { Program } from '../support/program.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { type Sums, storedSums, totalOf } from '../support/summed-flows.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const script = new URL('../support/history-writer.ts', import.meta.url).pathname;
const mender = new URL('../support/history-mender.ts', import.meta.url).pathname;
const retainer = new URL('../support/history-retainer.ts', import.meta.url).pathname;
const KILLS = 50;
const DAY_MS = 86_400_000;

it(`a history has all that it promised to keep, once, after ${KILLS} kills at any moment`, {
  timeout: 900_000,
}, async () => {
  using place = new HistoryPlace();
  using logs = new TemporaryDirectory();
  const log = logs.file('log');
  const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  let first = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const before = lines().length;
    const writer = new Program([process.execPath, script, place.directory, String(first), log]);
    await until('it keeps batches', () => lines().length > before + 5);
    await delay(Math.random() * 300);
    writer.process.kill('SIGKILL');
    await writer.ended;
    first += 100_000; // the numbers of the next one
  }
  const promised = lines().flatMap((line) => (line.startsWith('kept ') ? [Number(line.slice(5))] : []));
  expect(lines().filter((line) => line.startsWith('trouble'))).toEqual([]);

  const expectAll = async () => {
    const ids = (await place.flows()).map(({ flowId }) => flowId!);
    const batches = new Set(ids.map((id) => Math.floor(id / 10)));
    expect(new Set(ids).size).toBe(ids.length);
    expect(promised.filter((number) => !batches.has(number))).toEqual([]);
    // At most the batch under way at each kill was kept without a promise.
    expect(batches.size - promised.length).toBeLessThanOrEqual(KILLS);
    expect(ids.length).toBe(10 * batches.size);
    expect(place.notices).toEqual([]);
  };
  await expectAll();
  await using history = await place.open();
  await history.flush();
  expect(place.troubles).toEqual([]);
  expect(place.departed).toEqual({});
  expect(readdirSync(place.directory).filter((name) => /segment|tmp|damaged/.test(name))).toEqual([]);
  await expectAll();
  const records = await place.flows();
  const octets = records.reduce((sum, { octetDeltaCount = 0 }) => sum + BigInt(octetDeltaCount), 0n);
  const minutes = await storedSums(place.directory, 'minutes');
  expect(totalOf(minutes, 'records')).toBe(BigInt(records.length));
  expect(totalOf(minutes, 'sentOctets')).toBe(octets);
  expect(inUnits(minutes, 'fourHours')).toEqual(await storedSums(place.directory, 'fourHours'));
  using reader = await place.reader();
  const summed = reader.sumsOf('hours').reduce((sum, file) => sum + file.records, 0);
  const hours = await storedSums(place.directory, 'hours');
  expect(totalOf(hours, 'records')).toBe(BigInt(summed));
  // All but the last few files have become hours.
  expect(summed).toBeGreaterThan(records.length / 2);
});

const FILES = 48;
const MENDER_KILLS = 12;

it(`sums are those of the records after ${MENDER_KILLS} kills while they are made and merged`, {
  timeout: 900_000,
}, async () => {
  using place = new HistoryPlace();
  using logs = new TemporaryDirectory();
  const log = logs.file('log');
  const said = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  const clock = new FakeClock(Date.UTC(2026, 0, 31, 10));
  {
    await using history = await place.open({ maxAgeMs: 1e12 }, clock);
    for (let file = 0; file < FILES; file++) {
      const ids = Array.from({ length: 20 }, (_, i) => file * 20 + i);
      await history.append(batchOf(ids.map((flowId) => numberedFlow(flowId, { flowId }))));
      clock.advance(5 * 60_000);
      await history.flush();
    }
  }
  const nowMs = clock.now() + DAY_MS;
  const sumNames = () => readdirSync(place.directory).filter((name) => /-\d+\.\w+\.parquet$/.test(name));
  const start = () => new Program([process.execPath, mender, place.directory, String(nowMs), log]);
  const question = { from: new Date(clock.now() - DAY_MS).toISOString(), to: new Date(nowMs).toISOString() };
  for (let kill = 0; kill < MENDER_KILLS; kill++) {
    // All is to be made again.
    if (kill === 0 || said().at(-1) === 'done')
      for (const name of sumNames()) rmSync(join(place.directory, name));
    const before = said().length;
    const writer = start();
    await until('it is open', () => said().length > before);
    await delay(Math.random() * 1_500);
    writer.process.kill('SIGKILL');
    await writer.ended;
    const asked = readQuery({ ...question, measures: ['records'], step: '1h' }, nowMs);
    const { totals, coverage } = await answerQuery(place.directory, asked, new AbortController().signal);
    expect([totals, coverage.unreadableRecords]).toEqual([[FILES * 20], 0]);
  }
  expect((await start().ended).code).toBe(0);
  const minutes = await storedSums(place.directory, 'minutes');
  expect(totalOf(minutes, 'records')).toBe(BigInt(FILES * 20));
  for (const tier of ['hours', 'fourHours', 'days'] as const)
    expect(inUnits(minutes, tier)).toEqual(await storedSums(place.directory, tier));
  await (await place.open({ maxAgeMs: 1e12 }, clock)).close();
  expect(place.troubles).toEqual([]);
  expect(readdirSync(place.directory).filter((name) => /segment|tmp|damaged/.test(name))).toEqual([]);
});

/** The sums of a tier that are those of minutes. */
function inUnits(minutes: Sums, tier: SumTier): Sums {
  const units = new Map<string, readonly bigint[]>();
  for (const [key, values] of minutes) {
    const [timeMs, ...others] = JSON.parse(key) as [number];
    const unit = JSON.stringify([Math.floor(timeMs / tierMs[tier]) * tierMs[tier], ...others]);
    const before = units.get(unit);
    units.set(unit, before === undefined ? values : values.map((value, i) => value + before[i]!));
  }
  return units;
}

const RETAINER_KILLS = 12;

it(`each record of a history that deletes is there or counted as deleted, after ${RETAINER_KILLS} kills`, {
  timeout: 900_000,
}, async () => {
  using place = new HistoryPlace();
  using logs = new TemporaryDirectory();
  const log = logs.file('log');
  const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  let first = 0;
  for (let kill = 0; kill < RETAINER_KILLS; kill++) {
    const before = lines().length;
    const writer = new Program([process.execPath, retainer, place.directory, String(first), log]);
    await until('it keeps batches', () => lines().length > before + 20);
    await delay(Math.random() * 600);
    writer.process.kill('SIGKILL');
    await writer.ended;
    first += 100_000;
  }
  expect(lines().filter((line) => line.startsWith('trouble'))).toEqual([]);
  const promised = lines().length;
  {
    await using history = await place.open({ maxAgeMs: 1e15 });
    await history.flush();
  }
  expect(place.troubles).toEqual([]);
  const ids = (await place.flows()).map(({ flowId }) => flowId);
  expect(new Set(ids).size).toBe(ids.length);
  using reader = await place.reader();
  const { records, departed, sums } = await reader.stats();
  expect([records, place.notices, reader.notices]).toEqual([ids.length, [], []]);
  expect(Object.keys(departed)).toEqual(['octets']);
  const all = records + departed.octets!;
  // At most the batch under way at each kill was kept without a promise.
  expect(all / 10).toBeGreaterThanOrEqual(promised);
  expect(all / 10).toBeLessThanOrEqual(promised + RETAINER_KILLS);
  const summed = sums.minutes.records + (sums.minutes.departed.octets ?? 0);
  expect(summed).toBeLessThanOrEqual(all);
  expect(summed).toBeGreaterThan(0);
  expect(totalOf(await storedSums(place.directory, 'minutes'), 'records')).toBe(BigInt(sums.minutes.records));
});
