import { describe, expect, it } from 'vitest';
import {
  batchOf,
  type DimensionName,
  type FlowRecord,
  type MetNamespaces,
  noCondition,
} from '../../../src/flow/index.ts';
import { readTotals } from '../../../src/store/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HistoryPlace } from '../../support/kept-history.ts';

const MOST_MET = 100_000;
const MOST_NAMESPACES = 10_000;

/** As long as a name may be. */
const nameOf = (namespace: number): string => `ns-${String(namespace).padStart(60, '0')}`;

/** Flows of which each is between two namespaces that meet only in it. */
function* meeting(flows: number, namespaces: number): Generator<FlowRecord> {
  for (let i = 0; i < flows; i++) {
    const source = i % namespaces;
    const destination = (source + Math.floor(i / namespaces)) % namespaces;
    yield {
      sourcePodNamespace: nameOf(source),
      destinationPodNamespace: nameOf(destination),
      octetDeltaCount: 1,
    };
  }
}

/** Records answer. */
const HALF_PAST_TEN = Date.UTC(2026, 5, 1, 10, 30);
/** Sums by four hours answer: all that is asked about has been stored since 4:00. */
const AFTER_FOUR = Date.UTC(2026, 5, 1, 4, 2);

async function asked(
  flows: number,
  namespaces: number,
  becomesFile: boolean,
  { at = HALF_PAST_TEN, by = ['sourceNamespace'] }: { at?: number; by?: readonly DimensionName[] } = {},
) {
  using place = new HistoryPlace();
  const clock = new FakeClock(at);
  {
    await using history = await place.open({}, clock);
    let records: FlowRecord[] = [];
    const append = async () => {
      await history.append(batchOf(records));
      records = [];
    };
    for (const flow of meeting(flows, namespaces)) if (records.push(flow) === 4_000) await append();
    if (records.length > 0) await append();
    if (becomesFile) await history.flush();
  }
  let met: readonly MetNamespaces[] = [];
  const readable = Array.from({ length: namespaces / 2 }, (_, i) => nameOf(i));
  const began = process.cpuUsage();
  const reader = {
    knowsAnyEnd: false,
    namespacesAmong: async (all: readonly MetNamespaces[]) => {
      met = all;
      return { readable, known: readable };
    },
  };
  const span = { fromMs: clock.now() - 3_600_000, toMs: clock.now() + 3_600_000 };
  const wanted = { ...span, condition: noCondition, by, top: 5, reader };
  const totals = await readTotals(
    place.directory,
    { ...wanted, measures: ['records' as const, 'octets' as const] },
    new AbortController().signal,
  );
  const { user, system } = process.cpuUsage(began);
  const { tiers } = totals;
  return { met, tiers, counts: totals.groups.map(({ now }) => now[0]!), seconds: (user + system) / 1e6 };
}

const sumOf = (counts: readonly bigint[]): bigint => counts.reduce((all, count) => all + count, 0n);

/** How many of the flows have an end in the first half of the namespaces. */
function readableIn(flows: number, namespaces: number): number {
  const isReadable = (name = '') => Number(name.slice(3)) < namespaces / 2;
  return [...meeting(flows, namespaces)].filter(
    ({ sourcePodNamespace, destinationPodNamespace }) =>
      isReadable(sourcePodNamespace) || isReadable(destinationPodNamespace),
  ).length;
}

describe.each([
  ['a file', true],
  ['the log', false],
])('flows in %s between many namespaces', (_, becomesFile) => {
  it('are counted for a reader up to the bounds, in seconds of the processor', async () => {
    const { met, counts, seconds } = await asked(MOST_MET, MOST_NAMESPACES, becomesFile);
    expect(met).toHaveLength(MOST_MET);
    expect(sumOf(counts)).toBe(BigInt(readableIn(MOST_MET, MOST_NAMESPACES)));
    expect(seconds).toBeLessThan(30);
  });

  it.each([
    ['ways in which they meet', MOST_MET + 1, MOST_NAMESPACES],
    ['namespaces', MOST_NAMESPACES + 1, MOST_NAMESPACES + 1],
  ])(
    'are too many with one more of the %s, and the answer says what to ask',
    async (__, flows, namespaces) => {
      await expect(asked(flows, namespaces, becomesFile)).rejects.toMatchObject({
        code: 'WEIR_QUERY_SLOW',
        message: 'there are flows between too many namespaces to ask who may read them',
        remedy: 'Ask about a shorter time: it may have 10000 namespaces, which meet in 100000 ways.',
      });
    },
  );
});

it('sums by four hours are counted for the same reader, though their files have more columns', async () => {
  const by = ['sourceNamespace', 'destinationNamespace', 'service'] as const;
  const { counts, tiers } = await asked(MOST_MET, MOST_NAMESPACES, true, { at: AFTER_FOUR, by });
  expect(tiers).toEqual(['fourHours']);
  expect(sumOf(counts)).toBe(BigInt(readableIn(MOST_MET, MOST_NAMESPACES)));
});
