import { describe, expect, it } from 'vitest';
import type { FlowRecord } from '../../src/flow/index.ts';
import { counts, sum, TestBed } from './test-bed.ts';

/** Three records of one half, each five seconds after the one before, the last at the end of the flow. */
function threeRecords(bed: TestBed, half: 'source' | 'destination' = 'source'): FlowRecord[] {
  const start = bed.now - 1_000;
  return [1, 2, 3].map((n) =>
    bed[half]({
      flowStartMilliseconds: start,
      flowEndMilliseconds: start + n * 5_000 + 0.25,
      flowEndReason: n === 3 ? 3 : 2,
      flowType: 3,
      ...counts(n * 1_000, n * 10, n * 500, n * 5, [1_000, 10, 500, 5]),
    }),
  );
}

describe('totals and deltas', () => {
  it('sum over all reports to the last total, per direction and node', () => {
    const bed = new TestBed();
    for (const record of threeRecords(bed)) {
      bed.send(record);
      bed.pass(60_000);
    }
    expect(bed.reports.map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([1_000, 1_000, 1_000]);
    for (const name of ['octet', 'packet', 'reverseOctet', 'reversePacket'] as const) {
      const last = bed.reports.at(-1)!;
      expect(sum(bed.reports, `${name}DeltaCount`)).toBe(last[`${name}TotalCount`]);
      expect(sum(bed.reports, `${name}DeltaCountFromSourceNode`)).toBe(
        last[`${name}TotalCountFromSourceNode`],
      );
    }
  });

  it('include a lost record through the totals of the next', () => {
    const bed = new TestBed();
    const [, second] = threeRecords(bed);
    bed.send(second!);
    expect(bed.pass(1_000)).toMatchObject([{ octetDeltaCount: 2_000, octetTotalCount: 2_000 }]);
  });

  it('ignore duplicates, which are counted and do not keep a flow alive', () => {
    const bed = new TestBed();
    const [first, second] = threeRecords(bed);
    bed.send(first!, second!, second!, second!);
    bed.pass(60_000);
    bed.send(second!);
    expect(bed.records).toMatchObject({ received: 5, sent: 2, dropped: { duplicate: 3 } });
    expect(bed.pass(30_000)).toEqual([]);
    expect(bed.flows.held).toBe(0);
    expect(sum(bed.reports, 'octetDeltaCount')).toBe(2_000);
  });

  it('ignore a record that arrives after a later one, which is counted', () => {
    const bed = new TestBed();
    const [first, second] = threeRecords(bed);
    bed.send(second!, first!);
    expect(bed.records.dropped).toEqual({ late: 1 });
    expect(bed.pass(1_000)).toMatchObject([{ octetTotalCount: 2_000, octetDeltaCount: 2_000 }]);
  });

  it('adopt greater totals with the same end time', () => {
    const bed = new TestBed();
    const [first] = threeRecords(bed);
    bed.send(first!, { ...first!, ...counts(1_001, 11, 500, 5) });
    expect(bed.pass(1_000)).toMatchObject([{ octetTotalCount: 1_001, packetDeltaCount: 11 }]);
  });

  it('do not treat the end of a flow without another packet as a duplicate', () => {
    const bed = new TestBed();
    const [first] = threeRecords(bed);
    bed.send(first!);
    bed.pass(1_000);
    bed.send({ ...first!, flowEndReason: 3 });
    expect(bed.pass(1_000)).toMatchObject([{ flowEndReason: 3, octetTotalCount: 1_000, octetDeltaCount: 0 }]);
  });

  it('have no value if the agent lacks the counter', () => {
    const bed = new TestBed();
    const { octetTotalCount: _, octetDeltaCount: __, ...uncounted } = bed.source({ flowType: 3 });
    bed.send(uncounted);
    const [record] = bed.pass(1_000);
    expect(record).toMatchObject({ packetTotalCount: 10, packetDeltaCount: 10 });
    expect(record).not.toHaveProperty('octetTotalCount');
    expect(record).not.toHaveProperty('octetDeltaCount');
    expect(record).not.toHaveProperty('throughput');
  });

  it('come from the destination when the source does not count', () => {
    const bed = new TestBed();
    const uncounted: FlowRecord = bed.source();
    for (const name of Object.keys(counts(0, 0, 0, 0)) as (keyof FlowRecord)[]) delete uncounted[name];
    bed.send(uncounted, bed.destination());
    expect(bed.pass(1_000)).toMatchObject([
      { octetTotalCount: 1_000, octetTotalCountFromDestinationNode: 1_000 },
    ]);
  });

  it('are the greater of the two nodes’, so loss does not count as traffic', () => {
    const bed = new TestBed();
    const start = bed.now - 1_000;
    const at = (ms: number) => ({ flowStartMilliseconds: start, flowEndMilliseconds: start + ms });
    bed.send(
      bed.source({ ...at(1_000), ...counts(1_000, 10, 400, 4) }),
      bed.destination({ ...at(1_000), ...counts(900, 9, 500, 5) }),
    );
    expect(bed.pass(1_000)).toMatchObject([counts(1_000, 10, 500, 5)]);
    bed.send(bed.destination({ ...at(2_000), ...counts(1_100, 11, 500, 5) }));
    expect(bed.pass(60_000)).toMatchObject([{ ...counts(1_100, 11, 500, 5, [100, 1, 0, 0]), flowId: 11 }]);
    bed.send(bed.source({ ...at(3_000), ...counts(1_150, 12, 400, 4) }));
    expect(bed.pass(60_000)).toMatchObject([counts(1_150, 12, 500, 5, [50, 1, 0, 0])]);
  });

  it('add up deltas when totals are missing, and count each end time once', () => {
    const bed = new TestBed();
    const start = bed.now - 1_000;
    const record = (end: number, octets: number): FlowRecord => ({
      sourceIP: '10.0.1.5',
      destinationIP: '198.51.100.1',
      protocolIdentifier: 17,
      flowStartMilliseconds: start,
      flowEndMilliseconds: end,
      octetDeltaCount: octets,
    });
    bed.send(record(bed.now, 100), record(bed.now, 100), record(bed.now + 1_000, 50), record(bed.now, 100));
    expect(bed.records.dropped).toEqual({ duplicate: 1, late: 1 });
    expect(bed.pass(1_000)).toMatchObject([{ octetTotalCount: 150, octetDeltaCount: 150 }]);
  });

  it('keep times below a second', () => {
    const bed = new TestBed();
    const [first] = threeRecords(bed);
    bed.send(first!);
    expect(bed.pass(1_000)[0]!.flowEndMilliseconds! % 1).toBe(0.25);
  });
});

describe('a flow that began before the aggregator', () => {
  it('counts from its first record, not from its start', () => {
    const bed = new TestBed();
    const start = bed.now - 3_600_000;
    const record = (n: number) =>
      bed.source({
        flowStartMilliseconds: start,
        flowEndMilliseconds: start + 3_600_000 + n * 2_000,
        flowType: 3,
        ...counts(50_000 + n * 1_000, 500 + n * 10, 500, 5, [1_000, 10, 0, 0]),
      });
    bed.send(record(1));
    const [first] = bed.pass(1_000);
    expect(first).toMatchObject({
      octetTotalCount: 51_000,
      octetDeltaCount: 1_000,
      reverseOctetDeltaCount: 0,
    });
    expect(first).not.toHaveProperty('throughput');
    bed.send(record(2));
    expect(bed.pass(60_000)).toMatchObject([{ octetDeltaCount: 1_000, throughput: 4_000 }]);
  });

  it('counts from the later of two nodes’ first records, because an earlier aggregator may have counted until then', () => {
    const bed = new TestBed();
    const start = bed.now - 3_600_000;
    const record = (octets: number, delta: number) => ({
      flowStartMilliseconds: start,
      flowEndMilliseconds: bed.now,
      ...counts(octets, 1, 1, 1, [delta, 0, 0, 0]),
    });
    bed.send(bed.source(record(51_000, 1_000)), bed.destination(record(50_900, 5_000)));
    const [first] = bed.pass(1_000);
    expect(first).toMatchObject({ octetTotalCount: 51_000, octetDeltaCount: 1_000 });
    expect(first).not.toHaveProperty('throughput');
  });

  it('counts from the reported totals when the other node joins late', () => {
    const bed = new TestBed();
    const start = bed.now - 3_600_000;
    const record = (octets: number, delta: number) => ({
      flowStartMilliseconds: start,
      flowEndMilliseconds: bed.now,
      ...counts(octets, 1, 1, 1, [delta, 0, 0, 0]),
    });
    bed.send(bed.destination({ ...record(50_000, 1_000), flowType: 0 }));
    expect(bed.pass(11_000)).toMatchObject([{ octetDeltaCount: 1_000 }]);
    bed.send(bed.source(record(50_100, 9_000)));
    expect(bed.pass(1_000)).toMatchObject([
      { octetTotalCount: 50_100, octetDeltaCount: 100, octetDeltaCountFromSourceNode: 9_000 },
    ]);
  });

  it('also counts an earlier record that arrives before the first report', () => {
    const bed = new TestBed();
    const start = bed.now - 3_600_000;
    const record = (n: number) =>
      bed.source({
        flowStartMilliseconds: start,
        flowEndMilliseconds: bed.now + n * 1_000,
        flowType: 3,
        ...counts(50_000 + n * 1_000, 500, 500, 5, [1_000, 0, 0, 0]),
      });
    bed.send(record(2), record(1));
    expect(bed.records).toMatchObject({ sent: 2, dropped: {} });
    expect(bed.pass(11_000)).toMatchObject([{ octetTotalCount: 52_000, octetDeltaCount: 2_000 }]);
  });

  it('is not counted again when it continues after its removal', () => {
    const bed = new TestBed();
    const [first] = threeRecords(bed);
    bed.send(first!);
    bed.pass(100_000);
    expect(bed.flows.held).toBe(0);
    const woken = { flowEndMilliseconds: bed.now, ...counts(1_700, 17, 500, 5, [700, 7, 0, 0]) };
    bed.send({ ...first!, ...woken });
    bed.pass(1_000);
    expect(sum(bed.reports, 'octetDeltaCount')).toBe(1_700);
  });
});

describe('throughput', () => {
  it('is the average since the previous report, per node and in common', () => {
    const bed = new TestBed();
    const start = bed.now - 1_000;
    const at = (seconds: number, octets: number) => ({
      flowStartMilliseconds: start,
      flowEndMilliseconds: start + seconds * 1_000,
      ...counts(octets, 1, octets * 2, 1),
    });
    bed.send(bed.source(at(1, 1_000)), bed.destination(at(1, 1_000)));
    bed.pass(1_000);
    // Five seconds at one rate, then five at another: what is told is the average of the ten.
    bed.send(bed.source(at(6, 1_000)), bed.source(at(11, 21_000)), bed.destination(at(9, 5_000)));
    expect(bed.pass(60_000)).toMatchObject([
      {
        throughput: 16_000,
        reverseThroughput: 32_000,
        throughputFromSourceNode: 16_000,
        throughputFromDestinationNode: 4_000,
        reverseThroughputFromDestinationNode: 8_000,
      },
    ]);
  });

  it('uses the times of the node that counted, not the clock of the other node', () => {
    const bed = new TestBed();
    const start = bed.now - 1_000;
    const at = (seconds: number, octets: number, aheadMs: number) => ({
      flowStartMilliseconds: start + aheadMs,
      flowEndMilliseconds: start + aheadMs + seconds * 1_000,
      ...counts(octets, 1, octets, 1),
    });
    bed.send(bed.source(at(1, 1_000, 0)), bed.destination(at(1, 1_000, 4_000)));
    bed.pass(1_000);
    bed.send(bed.source(at(11, 21_000, 0)));
    expect(bed.pass(60_000)).toMatchObject([
      { octetDeltaCount: 20_000, throughput: 16_000, reverseThroughput: 16_000 },
    ]);
  });

  it('is that of the other node when one saw no time pass', () => {
    const bed = new TestBed();
    const start = bed.now - 1_000;
    const lasting = (ms: number) => ({
      flowStartMilliseconds: start,
      flowEndMilliseconds: start + ms,
      ...counts(1_000, 1, 1_000, 1),
    });
    bed.send(bed.source(lasting(0)), bed.destination(lasting(500)));
    const [record] = bed.pass(1_000);
    expect(record).toMatchObject({ throughput: 16_000, throughputFromDestinationNode: 16_000 });
    expect(record).not.toHaveProperty('throughputFromSourceNode');
  });

  it('has no value when no time has passed', () => {
    const bed = new TestBed();
    bed.send(bed.source({ flowStartMilliseconds: bed.now, flowType: 3 }));
    expect(bed.pass(1_000)[0]).not.toHaveProperty('throughput');
  });
});

describe('what records contain beside counters', () => {
  it('are names that arrive later, with their related fields', () => {
    const bed = new TestBed();
    const [first, second] = threeRecords(bed);
    bed.send(first!);
    bed.pass(1_000);
    bed.send({ ...second!, egressNetworkPolicyName: 'late', egressNetworkPolicyType: 1 });
    expect(bed.pass(60_000)).toMatchObject([
      { egressNetworkPolicyName: 'late', egressNetworkPolicyType: 1, sourcePodName: 'client' },
    ]);
  });

  it('are state and end reason of the latest record from either node', () => {
    const bed = new TestBed();
    const start = bed.now - 1_000;
    const at = (ms: number, tcpState: string) => ({
      flowStartMilliseconds: start,
      flowEndMilliseconds: start + ms,
      tcpState,
    });
    bed.send(bed.source(at(500, 'FIN_WAIT')), bed.destination(at(400, 'ESTABLISHED')));
    expect(bed.pass(1_000)).toMatchObject([{ tcpState: 'FIN_WAIT' }]);
  });

  it('are the TCP flags of all records, combined by OR', () => {
    const bed = new TestBed();
    const [first, second] = threeRecords(bed);
    bed.send({ ...first!, tcpControlBits: 0x02 }, { ...second!, tcpControlBits: 0x11 });
    expect(bed.pass(1_000)).toMatchObject([{ tcpControlBits: 0x13 }]);
  });

  it('is the configured cluster in every record', () => {
    const bed = new TestBed({ clusterId: 'blue' });
    bed.send(bed.source({ flowType: 3 }));
    expect(bed.pass(1_000)).toMatchObject([{ clusterId: 'blue' }]);
  });

  it('can be read from the table without any effect', () => {
    const bed = new TestBed();
    bed.send(bed.source(), bed.destination());
    expect([...bed.aggregator.flows()]).toMatchObject([{ sourcePodName: 'client', octetDeltaCount: 1_000 }]);
    expect(bed.pass(1_000)).toMatchObject([{ octetDeltaCount: 1_000 }]);
    expect([...bed.aggregator.flows()]).toMatchObject([{ octetTotalCount: 1_000, octetDeltaCount: 0 }]);
  });
});
