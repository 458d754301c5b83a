import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchOf, type FlowRecord, noCondition } from '../../../src/flow/index.ts';
import { type History, readTotals, type Totals, type TotalsWanted } from '../../../src/store/index.ts';
import { expectExact } from '../../support/expected-totals.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HistoryPlace } from '../../support/kept-history.ts';
import type { KeptRecord } from '../../support/naive-totals.ts';
import { until } from '../../support/until.ts';

const START_MS = Date.UTC(2026, 0, 31);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Some files are old, so that a day has their sums. The next one is new. The last records are in the log. */
const OLD_FILES = 16;
const NEW_FILE = OLD_FILES + 1;
const newMs = START_MS + 3 * DAY_MS + 23 * 60 * MINUTE_MS;

const wanted: TotalsWanted = {
  fromMs: START_MS,
  toMs: newMs + 7 * MINUTE_MS,
  condition: noCondition,
  by: ['sourceNamespace'],
  measures: ['octets', 'records'],
  top: 5,
};

/** Characters of a name of Kubernetes, at most. */
const MOST_NAME = 253;

type Where = 'old' | 'new' | 'log';

/** The octets of a namespace in each part of the history. */
type Namespaces = Readonly<Record<string, Partial<Record<Where, number>>>>;

const tiesOf = (octets: number): Namespaces =>
  Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => {
      const third = octets / 3;
      const parts = [
        { old: octets },
        { new: octets },
        { log: octets },
        { old: third, new: third, log: third },
      ];
      return [`tie-${String(i).padStart(2, '0')}`, parts[i % 4]!];
    }),
  );

function recordsOf(namespaces: Namespaces, where: Where): FlowRecord[] {
  return Object.entries(namespaces).flatMap(([sourcePodNamespace, { [where]: octets }]) =>
    octets === undefined ? [] : [{ sourcePodNamespace, octetDeltaCount: octets, octetTotalCount: octets }],
  );
}

/** Stores the octets of namespaces, and asks while the log has its part. */
async function store(
  place: HistoryPlace,
  namespaces: Namespaces,
  ask: (kept: readonly KeptRecord[]) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock(START_MS);
  const kept: KeptRecord[] = [];
  await using history = await place.open({}, clock);
  const append = async (records: readonly FlowRecord[]) => {
    kept.push(...records.map((record) => ({ record, timeMs: clock.now() })));
    await history.append(batchOf(records));
  };
  for (let file = 0; file < OLD_FILES; file++) {
    await append(file === 0 ? recordsOf(namespaces, 'old') : [{ sourcePodNamespace: 'least' }]);
    await history.flush();
    clock.advance(10 * MINUTE_MS);
  }
  clock.advance(newMs - clock.now());
  await append(recordsOf(namespaces, 'new'));
  await history.flush();
  await until('the old day has sums', () =>
    readdirSync(place.directory).some((name) => name.endsWith('.days.parquet')),
  );
  clock.advance(5 * MINUTE_MS);
  await append(recordsOf(namespaces, 'log'));
  await ask(kept);
}

const ask = (place: HistoryPlace, more: Partial<TotalsWanted> = {}): Promise<Totals> =>
  readTotals(place.directory, { ...wanted, ...more }, new AbortController().signal);

const namesIn = ({ groups }: Totals): string[] =>
  groups.flatMap(({ key }) => (key === undefined ? [] : [String(key[0])]));

describe('the largest groups', () => {
  it('are found wherever they are large, and of equal ones those with the lower keys', async () => {
    using place = new HistoryPlace();
    const namespaces = {
      'old-only': { old: 1_000 },
      'new-only': { new: 990 },
      'log-only': { log: 980 },
      // The largest one, although two others are larger in each part.
      everywhere: { old: 400, new: 401, log: 402 },
      ...tiesOf(900),
    };
    await store(place, namespaces, async (kept) => {
      const expected = [
        'everywhere',
        'old-only',
        'new-only',
        'log-only',
        ...Object.keys(tiesOf(900)),
        'least',
      ];
      for (const top of [1, 2, 3, 4, 5, 12, 33, 34, 35, 36]) {
        const totals = await ask(place, { top });
        expect(totals.tiers).toEqual(['records', 'fourHours', 'days']);
        expect(namesIn(totals)).toEqual(expected.slice(0, top));
        expectExact(totals, kept, { ...wanted, top });
      }
    });
  });

  it('are exact with counts above 2^63, and in buckets', async () => {
    using place = new HistoryPlace();
    const huge = 2 ** 63 + 2 ** 62;
    const namespaces = {
      ...tiesOf(900),
      huge: { old: huge, new: 2 ** 53 - 1, log: huge },
      other: { old: 2 ** 62, new: 2 ** 62, log: 1 },
    };
    await store(place, namespaces, async (kept) => {
      for (const more of [{}, { stepMs: DAY_MS }, { stepMs: 20 * MINUTE_MS }])
        expectExact(await ask(place, more), kept, { ...wanted, ...more });
    });
  });

  it('are those of the asked time or of the compared one', async () => {
    using place = new HistoryPlace();
    const namespaces = { before: { old: 500 }, now: { new: 400, log: 200 }, both: { old: 450, log: 450 } };
    await store(place, { ...namespaces, ...tiesOf(300) }, async (kept) => {
      const asked = { ...wanted, fromMs: START_MS + 3 * DAY_MS, compareMs: 3 * DAY_MS, top: 3 };
      const totals = await ask(place, asked);
      expect(namesIn(totals)).toEqual(['now', 'before', 'both']);
      expectExact(totals, kept, asked);
    });
  });

  it('are found without a damaged file, which is named', async () => {
    using place = new HistoryPlace();
    const namespaces = { old: { old: 300, new: 500 }, log: { old: 100, new: 100, log: 250 } };
    await store(place, namespaces, async (kept) => {
      const damage = (isDamaged: (name: string) => boolean) => {
        for (const name of readdirSync(place.directory).filter(isDamaged)) {
          const path = join(place.directory, name);
          const octets = readFileSync(path);
          writeFileSync(path, octets.fill(0xff, 4, Math.floor(octets.length / 2)));
        }
      };
      damage((name) => name.endsWith('.days.parquet'));
      const withoutDays = await ask(place);
      expect(withoutDays).toMatchObject({ tiers: ['records', 'fourHours'], unreadable: [] });
      expectExact(withoutDays, kept, wanted);
      damage((name) => name.includes(`${NEW_FILE}.`));
      const left = kept.filter(({ timeMs }) => timeMs !== newMs);
      const withoutFile = await ask(place);
      expect(withoutFile.unreadable).toMatchObject([{ name: `0000000000${NEW_FILE}.parquet`, records: 2 }]);
      expectExact(withoutFile, left, wanted);
    });
  });
});

/** One of groups whose names have the greatest length at both ends. */
function longNamedFlow(number: number, groups: number, octets = number): FlowRecord {
  const nameOf = (number: number) => `pod-${number}-`.padEnd(MOST_NAME, 'x');
  return {
    ...{ sourcePodName: nameOf(number), sourcePodNamespace: 'shop' },
    ...{ destinationPodName: nameOf(groups - number), destinationPodNamespace: 'bank' },
    ...{ octetDeltaCount: octets, octetTotalCount: octets },
  };
}

/** Each file has a record of each group. */
async function writeLongNames(
  history: History,
  clock: FakeClock,
  { groups, files }: { readonly groups: number; readonly files: number },
): Promise<void> {
  const rows = 4_000;
  for (let file = 0; file < files; file++) {
    for (let from = 0; from < groups; from += rows)
      await history.append(
        batchOf(
          Array.from({ length: Math.min(rows, groups - from) }, (_, i) => longNamedFlow(from + i, groups)),
        ),
      );
    await history.flush();
    clock.advance(MINUTE_MS);
  }
}

describe('50,000 groups with the longest names at both ends', () => {
  it('are all counted, although they exceed the memory of a question at once', async () => {
    const [groups, files] = [50_000, 4];
    using place = new HistoryPlace();
    const clock = new FakeClock(START_MS);
    await using history = await place.open({}, clock);
    await writeLongNames(history, clock, { groups, files });
    const totals = await ask(place, { by: ['sourcePod', 'destinationPod'], measures: ['octets'], top: 2 });
    const sum = (files * groups * (groups - 1)) / 2;
    const [first, second] = [files * (groups - 1), files * (groups - 2)];
    expect(totals).toMatchObject({ groupCount: groups, isCut: false, unreadable: [] });
    expect(totals.groups.map(({ now }) => Number(now[0]))).toEqual([first, second, sum - first - second]);
  });
});

describe('120,000 groups with the longest names at both ends', () => {
  it('are gathered in shares, and all are counted, those of the log among them', async () => {
    const [groups, files] = [120_000, 2];
    using place = new HistoryPlace();
    const clock = new FakeClock(START_MS);
    await using history = await place.open({}, clock);
    await writeLongNames(history, clock, { groups, files });
    // A group of the files, and some that only the log has.
    await history.append(
      batchOf([
        longNamedFlow(7, groups, 1_000_000),
        longNamedFlow(groups, groups, 5),
        longNamedFlow(groups + 1, groups, 5),
      ]),
    );
    const totals = await ask(place, { by: ['sourcePod', 'destinationPod'], measures: ['octets'], top: 2 });
    const sum = (files * groups * (groups - 1)) / 2 + 1_000_010;
    const [first, second] = [1_000_000 + files * 7, files * (groups - 1)];
    expect(totals).toMatchObject({ groupCount: groups + 2, isCut: false, unreadable: [] });
    expect(totals.groups.map(({ now }) => Number(now[0]))).toEqual([first, second, sum - first - second]);
  });
});
