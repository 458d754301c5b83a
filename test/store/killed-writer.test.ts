import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { HistoryPlace } from '../support/kept-history.ts';
import { Program } from '../support/program.ts';
import { storedSums, totalOf } from '../support/summed-flows.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const script = new URL('../support/history-writer.ts', import.meta.url).pathname;
const KILLS = 50;

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
    await until('it keeps batches', () => lines().length > before + 5, { timeoutMs: 60_000 });
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
  using reader = await place.reader();
  const summed = reader.sumsOf('hours').reduce((sum, file) => sum + file.records, 0);
  const hours = await storedSums(place.directory, 'hours');
  expect(totalOf(hours, 'records')).toBe(BigInt(summed));
  // All but the last few files have become hours.
  expect(summed).toBeGreaterThan(records.length / 2);
});
