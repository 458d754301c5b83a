import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FlowRecord } from '../../src/flow/index.ts';
import { type Counts, RecordingTally } from '../aggregator/recording-tally.ts';
import { counts, TestBed } from '../aggregator/test-bed.ts';

const counterNames = ['octet', 'packet', 'reverseOctet', 'reversePacket'] as const;

/** A step of a node: it counts more of a connection and reports it, or something goes wrong. */
const step = fc.record({
  port: fc.nat(3),
  side: fc.constantFrom('source', 'destination', 'both', 'neither'),
  what: fc.oneof(
    { weight: 7, arbitrary: fc.constant('more') },
    { weight: 3, arbitrary: fc.constantFrom('again', 'earlier', 'end', 'reset', 'reuse', 'deltas') },
  ),
  increase: fc.tuple(fc.nat(5_000), fc.nat(50), fc.nat(5_000), fc.nat(50)),
  /** Counters that this record does not have, as bits. */
  uncounted: fc.constantFrom(0, 0, 0, 0, 1, 0b1100, 0b1111),
  /** Whether the record is lost on the way. */
  isLost: fc.boolean(),
  waitMs: fc.constantFrom(0, 0, 100, 900, 4_000, 11_000, 40_000),
});

const setting = fc.record({
  /** How long before the aggregator the connections began. */
  ageMs: fc.constantFrom(0, 9_000, 3_600_000),
  maxFlows: fc.constantFrom(2, 64),
  activeTimeoutMs: fc.constantFrom(1_000, 20_000),
  inactiveTimeoutMs: fc.constantFrom(5_000, 90_000),
  correlationWaitMs: fc.constantFrom(0, 10_000),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One connection as one node sees it. */
class Connection {
  #totals: Counts = [0, 0, 0, 0];
  #told: FlowRecord[] = [];
  #start: number;
  #flowId: number;

  constructor(start: number, flowId: number) {
    this.#start = start;
    this.#flowId = flowId;
  }

  /** @returns what the node sends; undefined if it is lost */
  next(bed: TestBed, { port, side, what, increase, uncounted, isLost }: Step): FlowRecord | undefined {
    if (what === 'again') return this.#told.at(-1);
    if (what === 'earlier') return this.#told.at(-2);
    if (what === 'reuse') {
      this.#start = bed.now;
      this.#flowId += 100;
    }
    if (what === 'reset' || what === 'reuse') this.#totals = [0, 0, 0, 0];
    for (const [k, more] of increase.entries()) this.#totals[k]! += more;
    const of = side === 'both' || side === 'neither' ? 'connection' : side;
    const names = side === 'both' ? { sourcePodName: 'client', destinationPodName: 'server' } : {};
    const record: FlowRecord = {
      ...bed[of](names),
      sourceTransportPort: port,
      flowId: this.#flowId,
      flowStartMilliseconds: this.#start,
      flowEndMilliseconds: bed.now,
      flowEndReason: what === 'end' ? 3 : 2,
      ...counts(...this.#totals, increase),
    };
    for (const [k, name] of counterNames.entries()) {
      if (what === 'deltas' || (uncounted & (1 << k)) !== 0) delete record[`${name}TotalCount`];
      if ((uncounted & (1 << k)) !== 0) delete record[`${name}DeltaCount`];
    }
    this.#told.push(record);
    return isLost && what === 'more' ? undefined : record;
  }
}

const deltasOf = (record: FlowRecord): Counts =>
  counterNames.map((name) => record[`${name}DeltaCount`] ?? 0) as Counts;

it('a tally always equals the sum of the past records and the next ones', async () => {
  let looks = 0;
  await fc.assert(
    fc.asyncProperty(
      setting,
      fc.array(step, { maxLength: 80, size: 'max' }),
      async ({ ageMs, ...options }, steps) => {
        const tally = new RecordingTally();
        const bed = new TestBed(options, tally);
        const began = bed.now - ageMs;
        const connections = new Map<string, Connection>();
        for (const each of steps) {
          bed.clock.advance(each.waitMs);
          const name = `${each.port} ${each.side}`;
          const connection = connections.get(name) ?? new Connection(began, connections.size + 1);
          connections.set(name, connection);
          const record = connection.next(bed, each);
          if (record !== undefined) bed.send(record);
          if (tally.open.size !== bed.flows.held) continue;
          // Each flow in the table has been reported, so both are in the order of their rows.
          const next = [...bed.aggregator.flows()].map(deltasOf);
          for (const [n, { counted, recorded }] of tally.flows.entries()) {
            expect(counted).toEqual(recorded.map((sum, k) => sum + next[n]![k]!));
            looks++;
          }
        }
        await bed.aggregator.stop(1_000);
        expect(tally.open.size).toBe(0);
        expect(tally.closed).toHaveLength(bed.flows.received);
        const recorded = tally.closed.flatMap((flow) => flow.recorded);
        const reported = bed.reports.flatMap(deltasOf);
        const total = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0);
        expect(total(recorded)).toBe(total(reported));
      },
    ),
    { numRuns: 200 },
  );
  expect(looks).toBeGreaterThan(1_000);
});
