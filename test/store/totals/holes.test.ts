import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { batchOf, type DimensionName, noCondition } from '../../../src/flow/index.ts';
import { type History, historyCoverage, readTotals } from '../../../src/store/index.ts';
import { editManifest, withoutLongSums } from '../../support/edited-manifest.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HistoryPlace } from '../../support/kept-history.ts';
import { numberedFlow } from '../../support/sink-under-test.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 31);

/** Stores files of ten records each. */
async function storeFiles(history: History, clock: FakeClock, files: number, everyMs = 20_000) {
  for (let file = 0; file < files; file++) {
    await history.append(
      batchOf(Array.from({ length: 10 }, () => numberedFlow(0, { sourceNodeName: 'node' }))),
    );
    await history.flush();
    clock.advance(everyMs);
  }
}

const ask = ({ directory }: HistoryPlace, by: readonly DimensionName[] = []) =>
  readTotals(
    directory,
    {
      ...{ fromMs: START_MS, toMs: START_MS + 2 * DAY_MS, by, measures: ['records'] },
      ...{ top: 5, condition: noCondition },
    },
    new AbortController().signal,
  );

/** Deletes the files of records and sums of these files of records alone. */
function removeFiles({ directory }: HistoryPlace, numbers: readonly number[]): void {
  const digits = numbers.map((number) => String(number).padStart(12, '0'));
  for (const name of readdirSync(directory))
    if (digits.some((each) => name.startsWith(`${each}.`) || name.startsWith(`${each}-${each}.`)))
      rmSync(join(directory, name));
}

it('a hole between files of sums stays one, and is named, when they are merged', async () => {
  using place = new HistoryPlace();
  const clock = new FakeClock(START_MS);
  {
    await using history = await place.open({}, clock);
    await storeFiles(history, clock, 6);
  }
  removeFiles(place, [4]);
  await using history = await place.open({}, clock);
  await storeFiles(history, clock, 8);
  await history.flush();
  expect(await ask(place)).toMatchObject({
    groups: [{ now: [130n] }],
    unreadable: [{ name: '000000000004.parquet', records: 10, fault: 'missing' }],
  });
});

it('a history whose first file was lost knows that later ones were deleted', async () => {
  using place = new HistoryPlace();
  const clock = new FakeClock(START_MS);
  {
    await using history = await place.open({}, clock);
    await storeFiles(history, clock, 3, HOUR_MS);
  }
  removeFiles(place, [1]);
  await using history = await place.open({}, clock);
  expect(await ask(place)).toMatchObject({ undeletedFromMs: Number.NEGATIVE_INFINITY });
  await history.prune(START_MS + 1.5 * HOUR_MS);
  expect(await ask(place, ['sourcePod'])).toMatchObject({ undeletedFromMs: START_MS + HOUR_MS + 1 });
});

it.each([0, 17])('deleted records without sums are named, %i minutes after midnight', async (minutes) => {
  using place = new HistoryPlace();
  const storedMs = START_MS + minutes * 60_000;
  const clock = new FakeClock(storedMs);
  {
    await using history = await place.open({}, clock);
    await storeFiles(history, clock, 2, HOUR_MS);
  }
  for (const name of readdirSync(place.directory))
    if (name.startsWith('000000000001-')) rmSync(join(place.directory, name));
  await using history = await place.open({}, clock);
  await history.prune(START_MS + HOUR_MS);
  await history.flush();
  await history.prune(START_MS + 3 * HOUR_MS);
  expect(place.departed).toEqual({ pruned: 20 });

  const answer = await ask(place);
  expect(answer).toMatchObject({ groups: [{ now: [10n] }], tiers: ['fourHours'] });
  const span = { fromMs: START_MS, toMs: START_MS + 3 * HOUR_MS };
  const writing = { knownFromMs: START_MS, spans: [{ ...span, isEnded: true as const }] };
  const { gaps } = historyCoverage(span, { ...answer, writing }, span.toMs);
  expect(gaps.some(({ fromMs, toMs }) => fromMs <= storedMs && storedMs < toMs)).toBe(true);
});

/** Leaves the sums by four hours of the first files only, as a Weir does that is making them. */
function withoutFourHours({ directory }: HistoryPlace, after: number): void {
  const isKept = ({ tier, first }: { tier: string; first: number }) => tier !== 'fourHours' || first <= after;
  editManifest(directory, (line) => {
    const sums = line.sums as { tier: string; first: number }[] | undefined;
    return sums === undefined ? line : { ...line, sums: sums.filter(isKept).map(withRest) };
  });
  for (const name of readdirSync(directory).filter((each) => each.includes('.fourHours.')))
    if (Number.parseInt(name, 10) > after) rmSync(join(directory, name));
}

/** As if its minutes had more rows than a file has. */
const withRest = (sums: { tier: string }) => (sums.tier === 'minutes' ? { ...sums, restOf: 4 } : sums);

it('records that are deleted before they have sums of pairs are counted by other sums', async () => {
  using place = new HistoryPlace();
  const clock = new FakeClock(START_MS);
  {
    await using history = await place.open({}, clock);
    await storeFiles(history, clock, 7, 1_000);
  }
  withoutFourHours(place, 3);
  await using history = await place.open({}, clock);
  await history.prune(START_MS + 5_500);
  await history.flush();
  expect(place.departed).toEqual({ pruned: 60 });

  const { groups, tiers, unreadable } = await ask(place, ['destinationPort']);
  const counted = groups.reduce((sum, { now: [records] }) => sum + records!, 0n);
  expect({ counted, tiers, unreadable }).toEqual({ counted: 70n, tiers: expect.anything(), unreadable: [] });
});

it('what is deleted for its size after the clock was set back is before the history', async () => {
  using place = new HistoryPlace();
  const clock = new FakeClock(START_MS);
  await using history = await place.open({ maxOctets: 60_000 }, clock);
  await storeFiles(history, clock, 1);
  clock.set(-2 * HOUR_MS);
  for (let more = 0; place.departed.octets === undefined && more < 20; more++)
    await storeFiles(history, clock, 1);
  expect(place.departed).toEqual({ octets: 10 });
  const span = { fromMs: START_MS - DAY_MS, toMs: START_MS + HOUR_MS };
  const writing = { knownFromMs: span.fromMs, spans: [{ ...span, isEnded: true as const }] };
  const { gaps } = historyCoverage(span, { ...(await ask(place, ['sourcePod'])), writing }, span.toMs);
  expect(gaps).toEqual([{ fromMs: span.fromMs, toMs: START_MS + 1, why: 'before the history' }]);
});

it('sums of pairs that an older Weir had not made lack what it has deleted, and the answer says so', async () => {
  using place = new HistoryPlace();
  const clock = new FakeClock(START_MS);
  {
    await using history = await place.open({}, clock);
    await storeFiles(history, clock, 2, HOUR_MS);
    await history.prune(START_MS + HOUR_MS / 2);
  }
  await (await place.open({}, clock)).close();
  withoutLongSums(place.directory);
  await using history = await place.open({}, clock);
  await history.flush();
  await history.prune(START_MS + 3 * HOUR_MS);
  expect(place.departed).toEqual({ pruned: 20 });

  const answer = await ask(place);
  expect(answer).toMatchObject({ groups: [{ now: [10n] }], tiers: ['fourHours'] });
  const span = { fromMs: START_MS, toMs: START_MS + 2 * HOUR_MS };
  const writing = { knownFromMs: START_MS, spans: [{ ...span, isEnded: true as const }] };
  const { gaps } = historyCoverage(span, { ...answer, writing }, span.toMs);
  expect(gaps).toEqual([{ fromMs: START_MS, toMs: START_MS + 2, why: 'before the history' }]);
});

it('a part of the log that is deleted for its size, while sums of earlier records stay, is named', async () => {
  using place = new HistoryPlace();
  const clock = new FakeClock(START_MS);
  {
    await using history = await place.open({ fileRecords: 500 }, clock);
    await storeFiles(history, clock, 3);
    for (let part = 0; part < 6; part++) {
      const records = Array.from({ length: 500 }, () => numberedFlow(0, { sourcePodName: randomUUID() }));
      await history.append(batchOf(records));
      clock.advance(20_000);
    }
  }
  const maxAgeMs = 30 * DAY_MS;
  const sums = { minutes: { percent: 40, maxAgeMs }, hours: { percent: 45, maxAgeMs } };
  await using history = await place.open({ maxOctets: 200_000, sums }, clock);
  await history.flush();
  const { groups, unreadable, unreadableRecords } = await ask(place);
  const counted = groups.reduce((sum, { now: [records] }) => sum + records!, 0n);
  expect({ counted: counted + BigInt(unreadableRecords), unreadable }).toEqual({
    counted: 3_030n,
    unreadable: expect.arrayContaining([expect.objectContaining({ fault: 'missing', records: 500 })]),
  });
});
