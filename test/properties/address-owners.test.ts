import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BEGUN, type MadePod, madePod } from '../kubernetes/names/made-objects.ts';
import { TestCluster } from '../kubernetes/names/test-cluster.ts';

const SKEW_MS = 5_000;
const addresses = ['10.244.1.5', '10.244.1.6'];

/** What the API server tells of one Pod, in order. Its last step may be its deletion. */
interface Life {
  readonly name: string;
  readonly steps: readonly { readonly pod: MadePod; readonly isDeleted: boolean }[];
}

/** A step as it arrives. */
interface Arrival {
  readonly name: string;
  readonly pod: MadePod;
  readonly isDeleted: boolean;
  readonly atMs: number;
}

/** A stretch of time in which a Pod had an address. */
interface Tenure {
  readonly name: string;
  fromMs: number;
  untilMs: number;
  readonly arrivals: readonly Arrival[];
}

const startOf = (pod: MadePod): number => pod.networkReadyMs ?? pod.startedMs ?? pod.createdMs ?? BEGUN;
const isOver = (pod: MadePod): boolean => pod.phase === 'Succeeded' || pod.phase === 'Failed';

/** The plain way: goes through all that arrived about one Pod. */
function tenuresOf(arrivals: readonly Arrival[], address: string): Tenure[] {
  const tenures: Tenure[] = [];
  let open: Tenure | undefined;
  let before: Arrival | undefined;
  const name = arrivals[0]?.name ?? '';
  for (const arrival of arrivals) {
    const { pod, atMs } = arrival;
    const has = pod.addresses?.includes(address) === true;
    const opensNow = has && open === undefined;
    if (opensNow && (before === undefined || !isOver(before.pod)) && !arrival.isDeleted) {
      const hadNone = (before?.pod.addresses ?? []).length === 0;
      const isRestarted = pod.networkReadyMs !== undefined && startOf(pod) > startOf(before?.pod ?? pod);
      const isSeenOver = isOver(pod) && before !== undefined;
      open = {
        name,
        fromMs: hadNone || isRestarted ? startOf(pod) : atMs,
        untilMs: Number.POSITIVE_INFINITY,
        arrivals,
      };
      if (isSeenOver) open = undefined;
      else tenures.push(open);
    } else if (
      open !== undefined &&
      before?.pod.networkReadyMs === undefined &&
      pod.networkReadyMs !== undefined &&
      has &&
      !isOver(pod)
    ) {
      open.fromMs = startOf(pod);
    }
    if (open !== undefined) {
      const isGone = isOver(pod) || arrival.isDeleted || !has;
      if (isGone) {
        const end = isOver(pod) ? (pod.finishedMs ?? atMs) : atMs;
        open.untilMs = Math.max(open.fromMs, end);
        open = undefined;
      }
    }
    before = arrival;
    if (isOver(pod) || arrival.isDeleted) break;
  }
  return tenures;
}

/** How sure it is that the Pod of a tenure had its address at a time. */
function surenessOf({ arrivals }: Tenure, timeMs: number): number {
  const lived = arrivals.slice(
    0,
    1 + arrivals.findIndex(({ pod, isDeleted }) => isOver(pod) || isDeleted) || undefined,
  );
  let from = Number.NaN;
  let until = Number.POSITIVE_INFINITY;
  for (const { pod, isDeleted, atMs } of lived) {
    if (pod.readyMs !== undefined) {
      if (Number.isNaN(from)) from = pod.readyMs;
      if (!isDeleted) until = Number.POSITIVE_INFINITY;
    } else if (pod.notReadyMs !== undefined) until = Math.min(until, pod.notReadyMs);
    if (pod.deletedMs !== undefined) until = Math.min(until, pod.deletedMs);
    if (isOver(pod)) until = Math.min(until, pod.finishedMs ?? atMs);
    else if (isDeleted) until = Math.min(until, atMs);
  }
  if (from <= timeMs) return timeMs < until ? 3 : 2;
  return lived.at(-1)!.pod.networkReadyMs === undefined ? 1 : 2;
}

/** Who had the address, by all that arrived; several when they are equals. */
function ownersOf(arrivals: readonly Arrival[], address: string, timeMs: number): string[] {
  const names = [...new Set(arrivals.map(({ name }) => name))];
  const tenures = names.flatMap((name) =>
    tenuresOf(
      arrivals.filter((each) => each.name === name),
      address,
    ),
  );
  const within = tenures.filter(({ fromMs, untilMs }) => fromMs <= timeMs && timeMs < untilMs);
  if (within.length > 0) {
    const most = Math.max(...within.map((tenure) => surenessOf(tenure, timeMs)));
    const surest = within.filter((tenure) => surenessOf(tenure, timeMs) === most);
    const latest = Math.max(...surest.map(({ fromMs }) => fromMs));
    return surest.filter(({ fromMs }) => fromMs === latest).map(({ name }) => name);
  }
  const distanceOf = ({ fromMs, untilMs }: Tenure) => (timeMs < fromMs ? fromMs - timeMs : timeMs - untilMs);
  const nearest = Math.min(...tenures.map(distanceOf));
  return nearest > SKEW_MS
    ? []
    : tenures.filter((tenure) => distanceOf(tenure) === nearest).map(({ name }) => name);
}

/** Plays the steps, and compares all times with the plain way after each. */
function expectRightOwners(arrivals: readonly Omit<Arrival, 'atMs'>[], waitsMs: readonly number[]): void {
  const cluster = new TestCluster({}, BEGUN);
  const arrived: Arrival[] = [];
  for (const [i, arrival] of arrivals.entries()) {
    cluster.clock.advance(waitsMs[i % waitsMs.length]!);
    const object = madePod(arrival.pod);
    if (arrival.isDeleted) cluster.delete(object);
    else cluster.set(object);
    arrived.push({ ...arrival, atMs: cluster.clock.now() });
    for (const address of addresses) {
      for (let timeMs = BEGUN - 20_000; timeMs <= cluster.clock.now(); timeMs += 2_500) {
        const owner = cluster.ownerOf(address, timeMs)?.slice('shop/'.length);
        const expected = ownersOf(arrived, address, timeMs);
        if (expected.length === 0) expect(owner).toBeUndefined();
        else expect(expected).toContain(owner);
      }
    }
  }
}

/** All ways to merge the lives, each in its own order. */
function* orders(lives: readonly Life[]): Generator<Omit<Arrival, 'atMs'>[]> {
  if (lives.every(({ steps }) => steps.length === 0)) yield [];
  for (const [i, { name, steps }] of lives.entries()) {
    if (steps.length === 0) continue;
    const rest = lives.with(i, { name, steps: steps.slice(1) });
    for (const order of orders(rest)) yield [{ name, ...steps[0]! }, ...order];
  }
}

const seconds = (count: number): number => BEGUN + count * 1_000;

describe('an address of several Pods', () => {
  it('has the owner that the plain way finds, in every order in which two lives can arrive', () => {
    const first: MadePod = {
      name: 'first',
      createdMs: seconds(0),
      addresses: [addresses[0]!],
      networkReadyMs: seconds(1),
    };
    const second: MadePod = { name: 'second', createdMs: seconds(30), startedMs: seconds(31) };
    const lives: Life[] = [
      {
        name: 'first',
        steps: [
          { pod: { ...first, readyMs: seconds(3) }, isDeleted: false },
          { pod: { ...first, notReadyMs: seconds(20), deletedMs: seconds(20) }, isDeleted: false },
          { pod: { ...first, addresses: [], phase: 'Failed', finishedMs: seconds(25) }, isDeleted: false },
          { pod: { ...first, addresses: [], phase: 'Failed', finishedMs: seconds(25) }, isDeleted: true },
        ],
      },
      {
        name: 'second',
        steps: [
          { pod: second, isDeleted: false },
          { pod: { ...second, addresses: [addresses[0]!] }, isDeleted: false },
          {
            pod: { ...second, addresses: [addresses[0]!], networkReadyMs: seconds(33), readyMs: seconds(35) },
            isDeleted: false,
          },
          {
            pod: { ...second, addresses: [addresses[1]!], networkReadyMs: seconds(33), readyMs: seconds(35) },
            isDeleted: true,
          },
        ],
      },
    ];
    const all = [...orders(lives)];
    expect(all).toHaveLength(70);
    for (const order of all) expectRightOwners(order, [7_000]);
  });

  it('has it for any lives of three Pods, with any steps, times and orders', () => {
    const time = fc.nat(60).map(seconds);
    const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const state = fc.record({
      addresses: fc.subarray(addresses),
      networkReadyMs: some(time),
      startedMs: some(time),
      createdMs: time,
      readiness: fc.constantFrom('ready', 'not ready', 'unknown'),
      readinessMs: time,
      deletedMs: some(time),
      phase: fc.constantFrom('Running', 'Running', 'Running', 'Succeeded', 'Failed'),
      finishedMs: time,
    });
    const life = (name: string) =>
      fc.tuple(fc.array(state, { maxLength: 4 }), fc.boolean()).map(([states, isDeleted]): Life => {
        const steps = states.map(({ readiness, readinessMs, finishedMs, ...pod }) => ({
          pod: definedOf({
            ...pod,
            name,
            readyMs: readiness === 'ready' ? readinessMs : undefined,
            notReadyMs: readiness === 'not ready' ? readinessMs : undefined,
            finishedMs: isOver({ phase: pod.phase }) ? finishedMs : undefined,
          }),
          isDeleted: false,
        }));
        const last = steps.at(-1);
        return { name, steps: isDeleted && last !== undefined ? [...steps, { ...last, isDeleted }] : steps };
      });
    const choices = fc.array(fc.nat(2), { minLength: 15, maxLength: 15 });
    const waits = fc.array(fc.constantFrom(0, 500, 3_000, 11_000), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(life('a'), life('b'), life('c'), choices, waits, (a, b, c, order, waitsMs) => {
        expectRightOwners(mergedBy([a, b, c], order), waitsMs);
      }),
      { numRuns: 150 },
    );
  });
});

/** Merges the lives by the choice of whose step is next. */
function mergedBy(lives: readonly Life[], choices: readonly number[]): Omit<Arrival, 'atMs'>[] {
  const rests = lives.map(({ name, steps }) => steps.map((step) => ({ name, ...step })));
  const merged: Omit<Arrival, 'atMs'>[] = [];
  for (const choice of choices) {
    const left = rests.filter((rest) => rest.length > 0);
    if (left.length > 0) merged.push(left[choice % left.length]!.shift()!);
  }
  return merged;
}

const definedOf = (pod: Record<string, unknown>): MadePod =>
  Object.fromEntries(Object.entries(pod).filter(([, value]) => value !== undefined));
