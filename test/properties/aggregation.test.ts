import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FlowRecord } from '../../src/flow/index.ts';
import { counts, sum, TestBed } from '../aggregator/test-bed.ts';

const names = ['octet', 'packet', 'reverseOctet', 'reversePacket'] as const;
const RECORD_EVERY_MS = 5_000;
const INACTIVE_MS = 90_000;

/** One node's view of a flow: increments of the four counters, one for each of its records. */
const half = fc.array(fc.tuple(fc.nat(5_000), fc.nat(50), fc.nat(5_000), fc.nat(50)), {
  minLength: 1,
  maxLength: 6,
});
const flow = fc.record({ source: half, destination: half, isIPv6: fc.boolean() });

/** When each record arrives: its delay, and how often. */
const delivery = fc.record({ delayMs: fc.nat(INACTIVE_MS / 2), copies: fc.integer({ min: 1, max: 3 }) });

type Half = readonly (readonly [number, number, number, number])[];

function recordsOf(
  bed: TestBed,
  side: 'source' | 'destination',
  port: number,
  isIPv6: boolean,
  increments: Half,
) {
  const totals: [number, number, number, number] = [0, 0, 0, 0];
  const start = bed.now;
  return increments.map((increment, n): FlowRecord => {
    for (let k = 0; k < 4; k++) totals[k]! += increment[k]!;
    return bed[side]({
      sourceTransportPort: port,
      flowId: port * 2 + (side === 'source' ? 1 : 2),
      flowStartMilliseconds: start,
      flowEndMilliseconds: start + (n + 1) * RECORD_EVERY_MS,
      flowEndReason: n === increments.length - 1 ? 3 : 2,
      ...(isIPv6 ? { sourceIP: '2001:db8::1', destinationIP: '2001:db8::2' } : {}),
      ...counts(...totals, increment),
    });
  });
}

it('any delay, permutation and duplication of two nodes’ records gives the same sums', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(flow, { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(delivery),
      fc.constantFrom(1_000, 20_000, 60_000),
      async (flows, deliveries, activeTimeoutMs) => {
        const bed = new TestBed({ activeTimeoutMs, inactiveTimeoutMs: INACTIVE_MS });
        const arrivals: { atMs: number; record: FlowRecord }[] = [];
        for (const [port, { source, destination, isIPv6 }] of flows.entries()) {
          for (const record of [
            ...recordsOf(bed, 'source', port, isIPv6, source),
            ...recordsOf(bed, 'destination', port, isIPv6, destination),
          ]) {
            const { copies } = deliveries.next().value;
            for (let copy = 0; copy < copies; copy++) {
              const { delayMs } = deliveries.next().value;
              arrivals.push({ atMs: record.flowEndMilliseconds! + delayMs, record });
            }
          }
        }
        arrivals.sort((a, b) => a.atMs - b.atMs);
        for (const { atMs, record } of arrivals) {
          if (atMs > bed.now) bed.clock.advance(atMs - bed.now);
          bed.send(record);
        }
        bed.clock.advance(INACTIVE_MS * 2);
        const { received, sent, dropped } = bed.records;
        expect(received).toBe(sent + (dropped.duplicate ?? 0) + (dropped.late ?? 0));

        for (const [port, { source, destination }] of flows.entries()) {
          const reports = bed.reports.filter(({ sourceTransportPort }) => sourceTransportPort === port);
          for (const [k, name] of names.entries()) {
            const totalOf = (increments: Half) => increments.reduce((total, each) => total + each[k]!, 0);
            expect(sum(reports, `${name}DeltaCountFromSourceNode`)).toBe(totalOf(source));
            expect(sum(reports, `${name}DeltaCountFromDestinationNode`)).toBe(totalOf(destination));
            expect(sum(reports, `${name}DeltaCount`)).toBe(reports.at(-1)![`${name}TotalCount`]);
            for (const report of reports) expect(report[`${name}DeltaCount`]).toBeGreaterThanOrEqual(0);
          }
          expect(reports.at(-1)!.flowEndReason).toBe(3);
        }
        await bed.aggregator.stop(1_000);
        expect(bed.flows).toMatchObject({ received: flows.length, sent: flows.length, held: 0 });
        expect(bed.ledger.isClosed).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});
