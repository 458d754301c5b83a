import { describe, expect, it } from 'vitest';
import { batchOf } from '../../../src/flow/index.ts';
import { ExporterHistories } from '../../../src/ipfix/collecting/exporter-histories.ts';
import { FlowTemplates } from '../../../src/ipfix/flow-mapping.ts';
import { meteringStateRecord } from '../../../src/ipfix/metering-state.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { dial, message, startCollector } from '../../support/ipfix.ts';
import { until } from '../../support/until.ts';

const { template, writer } = new FlowTemplates('agent').get(256);
const oneRecord = batchOf([{ sourceIP: '10.0.0.1', flowId: 1 }]);

describe('a collector', () => {
  it('remembers an exporter and its losses by address beyond its sessions', async () => {
    const clock = new FakeClock();
    await using receiving = await startCollector({ clock });
    for (const [session, lost] of [3, 4].entries()) {
      const socket = await dial(receiving.address);
      socket.write(message({ sequenceNumber: 0 }, (into) => into.writeTemplate(template)));
      socket.write(message({ sequenceNumber: 0 }, (into) => into.writeRows(writer, oneRecord, 0, 1)));
      socket.end(message({ sequenceNumber: 1 + lost }, (into) => into.writeRows(writer, oneRecord, 0, 1)));
      await until('its records', () => receiving.collector.records.sent === 2 * (session + 1));
      await until('its end', () => receiving.collector.sessions === 0);
    }
    expect(receiving.collector.readings).toMatchObject({
      sessions: 0,
      exporters: [{ exporter: '127.0.0.1', observationDomainId: 1, lastRecordMs: clock.now(), lost: 7 }],
      decodeErrors: [],
    });
  });

  it('sums up the domains of an address beyond its bound, and says how many are open', async () => {
    await using receiving = await startCollector();
    const socket = await dial(receiving.address);
    for (let domain = 1; domain <= 70; domain++) {
      socket.write(message({ domain }, (into) => into.writeTemplate(template)));
      socket.write(message({ domain }, (into) => into.writeRows(writer, oneRecord, 0, 1)));
    }
    await until('all records', () => receiving.collector.records.sent === 70);
    const others = () => receiving.collector.readings.exporters.find(({ exporter }) => exporter === 'other');
    expect(others()).toMatchObject({ records: 6, summedDomains: 6 });
    expect(receiving.collector.readings.exporters).toHaveLength(65);
    socket.end();
    await until('its end', () => receiving.collector.sessions === 0);
    expect(others()).toMatchObject({ records: 6, summedDomains: 0 });
  });

  it('shows a domain that was only told of without times, and its statement within reason', async () => {
    await using receiving = await startCollector();
    const told = meteringStateRecord(
      77,
      {
        ...{ name: 'another', software: 'Weir', blindBecause: ['no events', 'no events'] },
        ...{ carriedPackets: 100, meteredPackets: 500 },
      },
      0,
    );
    const socket = await dial(receiving.address);
    socket.write(message({ sequenceNumber: 0 }, (into) => into.writeTemplate(told.template)));
    socket.end(message({ sequenceNumber: 0 }, (into) => into.writeRecord(told)));
    await until('both domains', () => receiving.collector.readings.exporters.length === 2);
    const domains = receiving.collector.readings.exporters;
    const [about, from] = domains.toSorted((one, other) => one.records - other.records);
    expect(about).toMatchObject({ observationDomainId: 77, records: 0 });
    expect(about).not.toHaveProperty('firstRecordMs');
    expect(about!.state).toMatchObject({ blindBecause: ['no events'], meteredPackets: 100 });
    expect(from).toMatchObject({ observationDomainId: 1, records: 1, state: undefined });
    expect(from!.firstRecordMs).toBeGreaterThan(0);
  });

  it('counts unreadable data by exporter and reason', async () => {
    await using receiving = await startCollector();
    const socket = await dial(receiving.address);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await until('the error', () => receiving.collector.readings.decodeErrors.length === 1);
    expect(receiving.collector.readings.decodeErrors).toEqual([
      { exporter: '127.0.0.1', reason: 'not-a-message', count: 1 },
    ]);
    socket.destroy();
  });
});

describe('the histories of exporters', () => {
  it('report the highest number of missing records, even when late ones arrive', () => {
    const history = new ExporterHistories().of('192.0.2.1', 7);
    const seen = [5, -5, 3, 4].map((records) => {
      history.miss(records);
      return history.lost;
    });
    expect(seen).toEqual([5, 5, 5, 7]);
  });

  it('are limited to 64 per address, so thousands of domains affect no other exporter', () => {
    const histories = new ExporterHistories();
    for (let domain = 0; domain < 5_000; domain++) histories.of('198.51.100.9', domain).lastRecordMs = 1;
    expect(histories.of('192.0.2.1', 1)).toMatchObject({ exporter: '192.0.2.1', observationDomainId: 1 });
    expect(histories.readings).toHaveLength(64 + 1 + 1);
    expect(histories.of('198.51.100.9', 64)).toMatchObject({ exporter: 'other' });
  });

  it('are bounded; exporters beyond the bound are counted together', () => {
    const histories = new ExporterHistories();
    for (let n = 0; n < 5_000; n++) histories.of(`192.0.${n % 200}.1`, n).lastRecordMs = 1;
    for (let n = 0; n < 2_000; n++) histories.countError(`2001:db8::${n.toString(16)}`, 'set-truncated');
    expect(histories.readings).toHaveLength(4_097);
    expect(histories.readings.at(-1)).toMatchObject({ exporter: 'other' });
    expect(histories.errors).toHaveLength(1_025);
    expect(histories.errors.at(-1)).toEqual({ exporter: 'other', reason: 'set-truncated', count: 976 });
  });

  it('forget one that has been silent for a day, unless its session is open', () => {
    const histories = new ExporterHistories();
    const [gone, open] = [histories.of('192.0.2.1', 1), histories.of('192.0.2.2', 1)];
    histories.forgetSilent(24 * 3_600_000, () => new Set([open]));
    expect(histories.readings).toEqual([gone, open]);
    histories.forgetSilent(24 * 3_600_000 + 1, () => new Set([open]));
    expect(histories.readings).toEqual([open]);
  });
});
