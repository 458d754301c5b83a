import { describe, expect, it } from 'vitest';
import { ForeignBed } from '../../support/foreign-bed.ts';
import { dataSet, foreignMessage, templateSet } from '../../support/foreign-messages.ts';

/** RFC 7011 sections 4.2 and 4.3: the scope is a process, the values are totals since it began. */
const template = {
  id: 400,
  scope: 1,
  fields: [
    ['exportingProcessId', 4],
    ['notSentFlowTotalCount', 8],
    ['ignoredPacketTotalCount', 8],
  ] as [string, number][],
};

type Report = readonly [process: number, unsentRecords: number, ignoredPackets: number];

/** What a collector counts when one exporter sends these reports, each in its own message. */
function counted(...reports: readonly Report[]) {
  const bed = new ForeignBed();
  bed.receive([foreignMessage({}, templateSet(template))]);
  for (const report of reports) bed.receive([foreignMessage({}, dataSet(template, [[...report]]))]);
  const { events } = bed.account();
  return {
    readings: bed.histories.readings.find(({ reported }) => reported)?.reported,
    unsent: events['not sent by exporter'],
    ignored: events['packets not metered by exporter'],
  };
}

describe('losses reported by an exporter', () => {
  it('count by their increase, from the first report on', () => {
    expect(counted([1, 1_000, 50], [1, 1_007, 50], [1, 1_010, 52])).toEqual({
      readings: { unsentRecords: 10, ignoredPackets: 2 },
      unsent: 10,
      ignored: 2,
    });
  });

  it('count in full after a restart of the exporter', () => {
    expect(counted([1, 1_000, 50], [1, 4, 1])).toMatchObject({ unsent: 4, ignored: 1 });
  });

  it('count when they happen between two sessions', () => {
    const bed = new ForeignBed();
    for (const [port, unsentRecords] of [
      [4001, 10],
      [4002, 25],
    ] as const) {
      const report = dataSet(template, [[1, unsentRecords, 0]]);
      bed.receive(
        [foreignMessage({}, templateSet(template)), foreignMessage({}, report)],
        `192.0.2.1:${port}`,
      );
    }
    expect(bed.account().events['not sent by exporter']).toBe(15);
  });

  it('are separate for each process', () => {
    expect(counted([1, 1_000, 0], [2, 5, 0], [1, 1_001, 0], [2, 7, 0])).toMatchObject({ unsent: 3 });
  });

  it('are read for eight processes of a domain', () => {
    const processes = Array.from({ length: 40 }, (_, process) => process);
    const reports = [0, 10].flatMap((total) => processes.map((process): Report => [process, total, 0]));
    expect(counted(...reports)).toMatchObject({ unsent: 80 });
  });
});
