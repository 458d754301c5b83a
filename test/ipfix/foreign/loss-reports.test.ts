import { describe, expect, it } from 'vitest';
import { ExporterHistories } from '../../../src/ipfix/collecting/exporter-histories.ts';
import { ForeignDelivery } from '../../../src/ipfix/collecting/foreign-delivery.ts';
import { TransportSession } from '../../../src/ipfix/collecting/transport-session.ts';
import { optionsTemplates } from '../../../src/ipfix/options-templates.ts';
import { Account } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ForeignBed } from '../../support/foreign-bed.ts';
import { dataSet, exportTime, foreignMessage, templateSet } from '../../support/foreign-messages.ts';
import { keptLog } from '../../support/ipfix.ts';

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

  describe('with the time when the totals began', () => {
    const dated = {
      ...template,
      fields: [...template.fields, ['systemInitTimeMilliseconds', 8] as [string, number]],
    };
    const began = exportTime * 1_000;
    const report = (unsentRecords: number, initTimeMs: number, atMs: number) =>
      foreignMessage(
        { exportTime: Math.floor(atMs / 1000) },
        templateSet(dated),
        dataSet(dated, [[1, unsentRecords, 0, initTimeMs]]),
      );
    /** What is counted of reports that arrive a minute after each other. */
    const countedOf = (...reports: readonly [unsentRecords: number, initTimeMs: number][]) => {
      const bed = new ForeignBed();
      for (const [unsentRecords, initTimeMs] of reports) {
        bed.clock.advance(60_000);
        bed.receive([report(unsentRecords, initTimeMs, bed.clock.now())]);
      }
      return bed.account().events['not sent by exporter'];
    };

    it('count in full from the first report on, if they are younger than the collector', () => {
      expect(countedOf([5, began + 10_000], [7, began + 10_000])).toBe(7);
    });

    it('count from the first report on, if they are older than the collector', () => {
      expect(countedOf([5, began - 1_000], [7, began - 1_000])).toBe(2);
    });

    it('count in full after a restart, even if the new total is greater', () => {
      expect(countedOf([5, began - 1_000], [9, began + 70_000])).toBe(9);
    });

    it("are compared by the exporter's clock alone", () => {
      const bed = new ForeignBed();
      const [ahead, ageMs] = [3_600_000, 300_000];
      bed.clock.advance(60_000);
      const now = bed.clock.now() + ahead;
      bed.receive([report(5, now - ageMs, now)]);
      expect(bed.account().events['not sent by exporter']).toBeUndefined();
    });
  });

  it('show no flow: they do not hide that an exporter has become silent', () => {
    const bed = new ForeignBed();
    const flows = {
      id: 300,
      fields: [
        ['sourceIPv4Address', 4],
        ['octetDeltaCount', 8],
      ] as [string, number][],
    };
    bed.receive([foreignMessage({}, templateSet(flows), dataSet(flows, [['192.0.2.7', 1]]))]);
    const lastRecordMs = () => bed.histories.readings[0]!.lastRecordMs;
    const before = lastRecordMs();
    expect(before).toBeGreaterThan(0);
    bed.clock.advance(60_000);
    bed.receive([
      foreignMessage({}, templateSet(template)),
      foreignMessage({}, dataSet(template, [[1, 2, 3]])),
    ]);
    expect(lastRecordMs()).toBe(before);
  });

  it('of an agent need no memory for the statements of a foreign exporter', () => {
    const clock = new FakeClock();
    const account = new Account('collector', 'records');
    const histories = new ExporterHistories();
    const delivery = new ForeignDelivery(account, keptLog(clock).log, clock, histories);
    const keeper = {
      now: () => clock.monotonic(),
      grow: () => {},
      admits: () => true,
      note: () => {},
      hear: () => {},
    };
    const session = new TransportSession('tcp', '192.0.2.1:4001', keeper, () => {});
    const domain = session.domain(7);
    const header = { length: 60, exportTimeSeconds: exportTime, sequenceNumber: 0, domain: 7 };
    const hear = (ignoredPackets: number) => {
      const values = [7, ignoredPackets, exportTime * 1_000];
      delivery.hear({ template: optionsTemplates.meteringLosses, values }, header, session, domain);
    };
    const before = session.octets;
    hear(5);
    hear(9);
    expect(session.octets).toBe(before);
    expect(domain.foreign).toBeUndefined();
    expect(account.events.get('packets not metered by exporter')).toBe(4);
  });

  it('are read for eight processes of a domain', () => {
    const processes = Array.from({ length: 40 }, (_, process) => process);
    const reports = [0, 10].flatMap((total) => processes.map((process): Report => [process, total, 0]));
    expect(counted(...reports)).toMatchObject({ unsent: 80 });
  });
});
