import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type FlowRecord, FlowType, Observer } from '../../src/flow/index.ts';
import { RecordingTally } from '../aggregator/recording-tally.ts';
import { counts, sum, TestBed } from '../aggregator/test-bed.ts';
import { FakeClock } from '../support/fake-clock.ts';

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('tell' as const), grows: fc.nat(5_000) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('move', 'back'), grows: fc.nat(5_000) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('old tells', 'old ends'), grows: fc.nat(500) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('stop', 'kill'), grows: fc.nat(500) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The connection as tracked by one node: with its own number, from its first packet there. */
class Tracked {
  readonly flowId: number;
  readonly startMs: number;
  readonly #from: number;
  octets = 0;
  #sent = 0;
  lastMs: number;
  hasEnded = false;

  constructor(flowId: number, startMs: number, from: number) {
    this.flowId = flowId;
    this.startMs = startMs;
    this.lastMs = startMs;
    this.#from = from;
  }

  /** It has seen this many octets of the connection in all. */
  see(octets: number, nowMs: number, seenBefore = this.#from): void {
    this.octets = Math.max(this.octets, octets - seenBefore);
    this.lastMs = nowMs;
  }

  get counters(): FlowRecord {
    const delta = this.octets - this.#sent;
    this.#sent = this.octets;
    return {
      flowId: this.flowId,
      flowStartMilliseconds: this.startMs,
      flowEndMilliseconds: this.lastMs,
      flowEndReason: this.hasEnded ? 3 : 2,
      ...counts(this.octets, 0, 0, 0, [delta, 0, 0, 0]),
    };
  }
}

/** A UDP connection with one end that moves between watched nodes, and one that stays. */
class MovingConnection {
  octets = 0;
  readonly #moves: 'source' | 'destination';
  readonly #clock: FakeClock;
  readonly #ends: FlowRecord;
  readonly #staying: Tracked;
  readonly #nodes: Tracked[] = [];
  #next = 100;

  constructor(clock: FakeClock, moves: 'source' | 'destination', isIPv6: boolean) {
    this.#clock = clock;
    this.#moves = moves;
    this.#ends = isIPv6
      ? { sourceIP: 'fd00:1::5', destinationIP: 'fd00:2::7', protocolIdentifier: 17, tcpState: '' }
      : { protocolIdentifier: 17, tcpState: '' };
    this.#staying = new Tracked(22, clock.now(), 0);
    this.move();
  }

  move(): void {
    this.#nodes.push(new Tracked(this.#next++, this.#clock.now(), this.octets));
  }

  /** Back to the old node, which tracks a new connection if it has reported the end of the old one. */
  back(): void {
    const before = this.#nodes.at(-2);
    if (before === undefined || before.hasEnded) this.move();
    else this.#nodes.push(...this.#nodes.splice(-2, 1));
  }

  grow(octets: number): void {
    const current = this.#nodes.at(-1)!;
    const seen = this.octets - current.octets;
    this.octets += octets;
    current.see(this.octets, this.#clock.now(), seen);
    this.#staying.see(this.octets, this.#clock.now());
  }

  current(bed: TestBed): FlowRecord {
    return this.#half(bed, this.#nodes.at(-1)!, this.#moves);
  }

  old(bed: TestBed, ends: boolean): FlowRecord | undefined {
    const old = this.#nodes.at(-2);
    if (old === undefined || old.hasEnded) return undefined;
    old.hasEnded = ends;
    return this.#half(bed, old, this.#moves);
  }

  staying(bed: TestBed): FlowRecord {
    return this.#half(bed, this.#staying, this.#moves === 'source' ? 'destination' : 'source');
  }

  #half(bed: TestBed, tracked: Tracked, side: 'source' | 'destination'): FlowRecord {
    const flowType = FlowType.interNode;
    return bed[side]({
      ...this.#ends,
      ...tracked.counters,
      flowType,
      observationPointId: Observer[side],
    });
  }
}

/** Moved before the mover's first record; moved under way; moved away and back. */
const examples: [Step[], 'source' | 'destination', boolean, number][] = (
  [
    [
      { what: 'move', grows: 100 },
      { what: 'tell', grows: 900 },
      { what: 'old ends', grows: 0 },
    ],
    [
      { what: 'tell', grows: 1_000 },
      { what: 'move', grows: 0 },
      { what: 'tell', grows: 3_000 },
      { what: 'tell', grows: 2_000 },
    ],
    [
      { what: 'tell', grows: 1_000 },
      { what: 'move', grows: 50 },
      { what: 'back', grows: 3_000 },
      { what: 'tell', grows: 2_000 },
    ],
    [
      { what: 'tell', grows: 1_000 },
      { what: 'move', grows: 50 },
      { what: 'stop', grows: 0 },
      { what: 'tell', grows: 2_000 },
    ],
  ] satisfies Step[][]
).flatMap((steps) => [
  [steps, 'source', false, 0],
  [steps, 'destination', true, 0],
]);

it('no octet of a connection is counted twice, wherever an address of it moves between watched nodes', async () => {
  let shared = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25, size: 'max' }),
      fc.constantFrom<'source' | 'destination'>('source', 'destination'),
      fc.boolean(),
      fc.oneof(fc.constant(0), fc.nat(12)),
      async (steps, moves, isIPv6, silentSteps) => {
        const clock = new FakeClock();
        let [reported, tallied, leftOut] = [0, 0, 0];
        let tally = new RecordingTally();
        const begin = () => {
          tally = new RecordingTally();
          const bed = new TestBed({ activeTimeoutMs: 5_000, correlationWaitMs: 3_000 }, tally, clock);
          for (const exporter of ['192.0.2.1:1', '192.0.2.2:1'])
            bed.sendFrom({ exporter, observationDomainId: 1 }, { octetDeltaCount: 1 });
          return bed;
        };
        let bed = begin();
        const connection = new MovingConnection(clock, moves, isIPv6);
        const end = async (isKilled: boolean) => {
          if (!isKilled) await bed.aggregator.stop(0);
          reported += sum(bed.reports, 'octetDeltaCount');
          for (const { counted } of [...tally.open.values(), ...tally.closed]) tallied += counted[0];
          await bed.aggregator.stop(0);
          leftOut += bed.flows.events['octets left out'] ?? 0;
          shared += bed.flows.events['counted with another flow'] ?? 0;
        };
        // After a restart, a silent half and a reported one look the same.
        const untilRestart = steps.findIndex(({ what }) => what === 'stop' || what === 'kill');
        const played = silentSteps > 0 && untilRestart >= 0 ? steps.slice(0, untilRestart) : steps;
        for (const [n, { what, grows }] of played.entries()) {
          clock.advance(2_000);
          if (what === 'move') connection.move();
          else if (what === 'back') connection.back();
          connection.grow(grows);
          if (what === 'stop' || what === 'kill') {
            await end(what === 'kill');
            bed = begin();
          } else if (what === 'tell') bed.send(connection.current(bed));
          else if (what.startsWith('old')) {
            const record = connection.old(bed, what === 'old ends');
            if (record !== undefined) bed.send(record);
          }
          if (n >= silentSteps) bed.send(connection.staying(bed));
        }
        clock.advance(1_000);
        bed.send(connection.current(bed));
        bed.send(connection.staying(bed));
        await end(false);
        for (const counted of [reported, tallied]) expect(counted).toBeLessThanOrEqual(connection.octets);
        if (silentSteps > 0) expect(tallied).toBe(reported);
        expect(reported).toBeGreaterThanOrEqual(connection.octets - leftOut);
      },
    ),
    { numRuns: 100, examples },
  );
  expect(shared).toBeGreaterThan(50);
});
