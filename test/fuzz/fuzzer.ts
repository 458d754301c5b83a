import fc from 'fast-check';
import { slowness } from '../support/machine-speed.ts';
import type { SessionKind } from './fuzzed-session.ts';
import { type HugeKind, hugeKinds } from './huge-messages.ts';
import { keptOctets } from './kept-octets.ts';
import { anyRound, type Round } from './round.ts';
import { playRound } from './round-play.ts';

/** Rounds of one seed: some seconds, so that a fault is soon replayed. */
const ROUNDS_OF_A_SEED = 20;
/** No turn may take more processor time on a machine of usual speed. */
const LONGEST_TURN_MS = 10;
/** A turn that was longer is played again so often: compiling and the collection of garbage are rare. */
const REPLAYS = 12;
/** By how much the process may grow: compiled code, caches of fast-check. */
const MOST_GROWTH_OCTETS = 64 * 1024 * 1024;
/** How long to make a failing round smaller. */
const SHRINKING_MS = 120_000;

export interface FuzzReport {
  readonly seeds: number;
  readonly messages: number;
  readonly octets: number;
  readonly seconds: number;
  /** Processor time in milliseconds at usual speed, the least of several when it was long at first. */
  readonly longestTurnMs: number;
  /** The first fault, with its seed and its smallest round; undefined if there is none. */
  readonly fault: string | undefined;
}

const withTemplates: readonly SessionKind[] = [
  { protocol: 'ipfix', transport: 'tcp' },
  { protocol: 'ipfix', transport: 'udp' },
  { protocol: 'netflow-v9', transport: 'udp' },
];
const withoutTemplates: readonly SessionKind[] = [
  { protocol: 'netflow-v7', transport: 'udp' },
  { protocol: 'netflow-v5', transport: 'udp' },
  { protocol: 'netflow-v1', transport: 'udp' },
  { protocol: 'sflow-v5', transport: 'udp' },
];

/** Every kind of the longest messages, from an exporter of each protocol that has it. */
const hugeRounds = (['flows', 'records'] as const).flatMap((collects): Round[] => {
  const roundOf = (exporters: readonly SessionKind[], sends: HugeKind): Round => {
    const step = { sends, seed: 1, cut: 'whole', damage: null } as const;
    return { collects, exporters, steps: exporters.map((_, exporter) => ({ exporter, ...step })) };
  };
  return [
    ...hugeKinds.map((sends) => roundOf(withTemplates, sends)),
    roundOf(withoutTemplates, hugeKinds[0]!),
  ];
});

/** Plays each round of the longest messages. */
export async function fuzzLongest(): Promise<FuzzReport> {
  const totals = { seeds: 0, messages: 0, octets: 0, seconds: 0, longestTurnMs: 0 };
  const beganMs = performance.now();
  let fault: string | undefined;
  for (const round of hugeRounds) {
    await playTimed(round, totals).catch((error) => {
      fault ??= `${describe(error)}\n${JSON.stringify(round)}`;
    });
  }
  return { ...totals, seconds: (performance.now() - beganMs) / 1000, fault };
}

/** Plays the rounds of one seed after the other, until the time is over or one is at fault. */
export async function fuzz(
  firstSeed: number,
  seconds: number,
  told: (report: FuzzReport) => void = () => {},
): Promise<FuzzReport> {
  const beganMs = performance.now();
  const keptBefore = keptOctets();
  const passed = () => (performance.now() - beganMs) / 1000;
  const total = {
    seeds: 0,
    messages: 0,
    octets: 0,
    seconds: 0,
    longestTurnMs: 0,
    fault: undefined as string | undefined,
  };
  do {
    const seed = firstSeed + total.seeds;
    total.fault = await faultOf(seed, total);
    const growth = keptOctets() - keptBefore;
    if (growth > MOST_GROWTH_OCTETS)
      total.fault ??= `seed ${seed}: the process has grown by ${growth} octets`;
    total.seeds++;
    total.seconds = passed();
    told(total);
  } while (total.fault === undefined && passed() < seconds);
  return total;
}

interface Totals {
  messages: number;
  octets: number;
  longestTurnMs: number;
}

async function faultOf(seed: number, totals: Totals): Promise<string | undefined> {
  const property = fc.asyncProperty(anyRound, (round) => playTimed(round, totals));
  const details = await fc.check(property, {
    seed,
    numRuns: ROUNDS_OF_A_SEED,
    interruptAfterTimeLimit: SHRINKING_MS,
  });
  if (details.failed && details.counterexample !== null) {
    return `seed ${seed}: ${describe(details.errorInstance)}\n${JSON.stringify(details.counterexample[0])}`;
  }
  return undefined;
}

async function playTimed(round: Round, totals: Totals): Promise<void> {
  const { messages, octets, turnsMs } = await playRound(round);
  totals.messages += messages;
  totals.octets += octets;
  totals.longestTurnMs = Math.max(totals.longestTurnMs, await longestTurnOf(round, turnsMs));
}

/**
 * The longest turn of a round, in milliseconds: of each step the least of several replays, if it was too
 * long. Replays are as long as they would be at the usual speed of the machine.
 * @throws {Error} if one is too long each time
 */
async function longestTurnOf(round: Round, turnsMs: readonly number[]): Promise<number> {
  let least = turnsMs;
  for (let replay = 0; replay < REPLAYS && Math.max(...least) >= LONGEST_TURN_MS; replay++) {
    const slowBefore = slowness();
    const again = (await playRound(round)).turnsMs;
    const slow = Math.min(slowBefore, slowness());
    least = least.map((ms, step) => Math.min(ms, again[step]! / slow));
  }
  const longestMs = Math.max(...least);
  if (longestMs >= LONGEST_TURN_MS)
    throw new Error(`step ${least.indexOf(longestMs)}: a turn took ${longestMs} ms of processor time`);
  return longestMs;
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
