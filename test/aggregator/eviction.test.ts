import { expect, it } from 'vitest';
import { Aggregator } from '../../src/aggregator/index.ts';
import { batchOf, type FlowBatch } from '../../src/flow/index.ts';
import { Ledger } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { threadTimeMs } from '../support/thread-time.ts';

const MAX_FLOWS = 20_000;
const LACK_OF_RESOURCES = 5;

/** An aggregator whose table is full of the flows of some exporters, each with as many. */
function fullTable(exporters: number) {
  const clock = new FakeClock();
  const evicted: string[] = [];
  const write = (batch: FlowBatch) => {
    for (const { flowEndReason, sourceIP } of batch) {
      if (flowEndReason === LACK_OF_RESOURCES) evicted.push(sourceIP!);
    }
  };
  const outlet = { write, room: async () => {}, hasRoomFor: () => true };
  const aggregator = new Aggregator({ clock, ledger: new Ledger(), outlet }, { maxFlows: MAX_FLOWS });
  let made = 0;
  /** Takes new flows of an exporter. */
  const take = (count: number, exporter: number) => {
    const flows = Array.from({ length: count }, () => ({
      sourceIP: `10.${++made >>> 16}.${(made >>> 8) & 0xff}.${made & 0xff}`,
      destinationIP: '11.0.0.1',
      octetDeltaCount: 1,
    }));
    const batch = batchOf(flows);
    batch.origin = { exporter: `192.0.${exporter >>> 8}.${exporter & 0xff}:4739`, observationDomainId: 1 };
    batch.isForeign = true;
    aggregator.accept(batch);
  };
  for (let exporter = 0; exporter < exporters; exporter++) {
    take(MAX_FLOWS / exporters, exporter);
    clock.advance(100);
  }
  return { aggregator, evicted, take };
}

/** Processor time of 4,000 new flows in a full table, in milliseconds: the least of three. */
function costOf(exporters: number): number {
  return Math.min(
    ...Array.from({ length: 3 }, () => {
      const { aggregator, take } = fullTable(exporters);
      const beforeMs = threadTimeMs();
      take(4_000, 0);
      expect(aggregator.size).toBe(MAX_FLOWS);
      return threadTimeMs() - beforeMs;
    }),
  );
}

it('room for new flows in a full table costs the same for exporters with 20 flows each as for a few', () => {
  const ofFew = costOf(5);
  expect(costOf(1_000)).toBeLessThan(4 * ofFew);
});

it('flows that have been silent long make room, and no exporter loses more than about half of its own', async () => {
  const { aggregator, evicted, take } = fullTable(1_000);
  take(1_000, 999);
  await aggregator.stop(1_000);
  const numbers = evicted.map((address) => {
    const [, , high, low] = address.split('.').map(Number);
    return high! * 256 + low! - 1;
  });
  expect(numbers).toHaveLength(1_000);
  // The exporter of the new flows soon has the most, and makes room for its own.
  const ofOthers = numbers.filter((number) => number < MAX_FLOWS - 20);
  expect(ofOthers.length).toBeGreaterThan(400);
  expect(Math.max(...ofOthers)).toBeLessThan(MAX_FLOWS / 8);
  const byExporter = Map.groupBy(ofOthers, (number) => Math.floor(number / 20));
  for (const lost of byExporter.values()) expect(lost.length).toBeLessThanOrEqual(11);
});
