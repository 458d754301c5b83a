import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type FlowRecord, FlowType } from '../../src/flow/index.ts';
import { RecordingTally } from '../aggregator/recording-tally.ts';
import { counts, sum, TestBed } from '../aggregator/test-bed.ts';
import { FakeClock } from '../support/fake-clock.ts';

type Side = 'source' | 'destination';
const sides = ['source', 'destination'] as const;

/** The longest silence of a node under way is shorter than this. */
const INACTIVE_MS = 90_000;

const side = fc.constantFrom(...sides);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('tell' as const), side, grows: fc.nat(5_000) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('again', 'late', 'lose'), side }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('agent', 'forgetful agent', 'moved'), side }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('stop', 'kill'), side }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A connection that began seconds before its second aggregator, which receives records of one node only. */
const newlyBegun: Step[] = [
  { what: 'tell', side: 'destination', grows: 1 },
  { what: 'stop', side: 'destination' },
  { what: 'tell', side: 'source', grows: 0 },
  { what: 'stop', side: 'source' },
];

/** One open connection, as the agents of its two nodes see it. */
class OpenConnection {
  octets = 0;
  readonly #began: number;
  readonly #flowType: number;
  readonly #told = { source: 0, destination: 0 };
  /** The sides with a record at this aggregator. */
  readonly #arrived = new Set<Side>();
  #sent: { side: Side; record: FlowRecord }[] = [];
  readonly #further = { source: {} as FlowRecord, destination: {} as FlowRecord };

  constructor(began: number, flowType: number) {
    this.#began = began;
    this.#flowType = flowType;
  }

  tell(bed: TestBed, side: Side): FlowRecord {
    const delta = this.octets - this.#told[side];
    this.#told[side] = this.octets;
    const record: FlowRecord = bed[side]({
      flowType: this.#flowType,
      flowStartMilliseconds: this.#began,
      flowEndMilliseconds: bed.now,
      ...counts(this.octets, 0, 0, 0, [delta, 0, 0, 0]),
      ...this.#further[side],
    });
    if (record.flowStartMilliseconds === 0) delete record.flowStartMilliseconds;
    this.#sent.push({ side, record });
    return record;
  }

  arrive(side: Side): void {
    this.#arrived.add(side);
  }

  /** A repeated record: the last one, or the one before that. */
  earlier(side: Side, isLast: boolean): FlowRecord | undefined {
    return this.#sent.filter((each) => each.side === side).at(isLast ? -1 : -2)?.record;
  }

  /**
   * The aggregator restarts: its sessions end, and nothing sent before reaches the next one.
   */
  forgetSent(): void {
    this.#arrived.clear();
    this.#sent = [];
  }

  /** The agent restarts: it counts from the current totals. */
  restart(side: Side, isForgetful: boolean): void {
    this.#told[side] = this.octets;
    if (isForgetful) this.#further[side] = { ...this.#further[side], flowStartMilliseconds: 0 };
  }

  /**
   * The agent determines the ends again after an address left its node: it has neither.
   */
  move(side: Side): void {
    // The first record that arrives settles the ends.
    if (!this.#arrived.has(side)) return;
    const none = { sourcePodName: '', sourceNodeName: '', destinationPodName: '', destinationNodeName: '' };
    this.#further[side] = { ...this.#further[side], ...none };
  }
}

/** The aggregator's runs, one after the other, and the reported counts of each at its end. */
class Lives {
  readonly clock = new FakeClock();
  readonly #areHeard: boolean;
  /** By the records, and by the tally of the metrics. */
  reported = 0;
  tallied = 0;
  #tally = new RecordingTally();
  bed: TestBed;

  /** @param areHeard whether both agents are heard of before their first records of the connection */
  constructor(areHeard: boolean) {
    this.#areHeard = areHeard;
    this.bed = this.#begin();
  }

  async restart(isKilled: boolean): Promise<void> {
    if (!isKilled) await this.bed.aggregator.stop(0);
    const { open, closed } = this.#tally;
    this.reported += sum(this.bed.reports, 'octetDeltaCount');
    for (const { counted } of [...open.values(), ...closed]) this.tallied += counted[0];
    // Nobody reads the reports that a killed aggregator would still have made.
    await this.bed.aggregator.stop(0);
    this.#tally = new RecordingTally();
    this.bed = this.#begin();
  }

  #begin(): TestBed {
    const bed = new TestBed(
      { inactiveTimeoutMs: INACTIVE_MS, activeTimeoutMs: 5_000 },
      this.#tally,
      this.clock,
    );
    if (!this.#areHeard) return bed;
    // Two exporters announce themselves, each by a record without addresses.
    for (const exporter of ['192.0.2.1:1', '192.0.2.2:1'])
      bed.sendFrom({ exporter, observationDomainId: 1 }, { octetDeltaCount: 1 });
    return bed;
  }
}

async function play(lives: Lives, connection: OpenConnection, each: Step): Promise<void> {
  lives.clock.advance(1_000);
  const { bed } = lives;
  if (each.what === 'stop' || each.what === 'kill') {
    await lives.restart(each.what === 'kill');
    connection.forgetSent();
  } else if (each.what === 'tell') {
    connection.octets += each.grows;
    bed.send(connection.tell(bed, each.side));
    connection.arrive(each.side);
  } else if (each.what === 'lose') connection.tell(bed, each.side);
  else if (each.what === 'again' || each.what === 'late') {
    const record = connection.earlier(each.side, each.what === 'again');
    if (record !== undefined) bed.send(record);
  } else if (each.what === 'moved') connection.move(each.side);
  else connection.restart(each.side, each.what === 'forgetful agent');
}

it.each([
  ['between two nodes', FlowType.interNode, sides],
  ['of one node', FlowType.toExternal, ['source'] as const],
])(
  'counts no octet of a connection %s twice, over any restarts',
  async (_, flowType, watched) => {
    let restarts = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40, size: 'max' }),
        fc.constantFrom(0, 3_600_000),
        fc.boolean(),
        fc.boolean(),
        async (steps, ageMs, mayMove, areHeard) => {
          const lives = new Lives(areHeard);
          const connection = new OpenConnection(lives.clock.now() - ageMs, flowType);
          for (const each of steps) {
            if (!watched.some((side) => side === each.side)) continue;
            // This test does not cover an address that moved before the new aggregator.
            if (each.what === 'moved' && !mayMove) continue;
            if (each.what === 'stop' || each.what === 'kill') {
              if (mayMove) continue;
              restarts++;
            }
            await play(lives, connection, each);
          }
          lives.clock.advance(1_000);
          for (const side of watched) lives.bed.send(connection.tell(lives.bed, side));
          const { bed } = lives;
          await lives.restart(false);
          expect(bed.flows.received).toBe(1);
          const leftOut = bed.flows.events['octets left out'] ?? 0;
          for (const counted of [lives.reported, lives.tallied]) {
            expect(counted).toBeLessThanOrEqual(connection.octets);
            expect(counted).toBeGreaterThanOrEqual(connection.octets - leftOut);
          }
        },
      ),
      { numRuns: 100, examples: [[newlyBegun, 0, false, true]] },
    );
    expect(restarts).toBeGreaterThan(20);
  },
  60_000,
);
