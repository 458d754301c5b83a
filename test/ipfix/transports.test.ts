import { describe, expect, it } from 'vitest';
import type { FlowRecord } from '../../src/flow/index.ts';
import { batchOf } from '../../src/flow/index.ts';
import { transportTo } from '../../src/ipfix/exporting/transports.ts';
import type { CollectingProcessOptions, ExportingProcessOptions } from '../../src/ipfix/index.ts';
import { type AvailableTransport, availableTransports, transportKinds } from '../../src/ipfix/index.ts';
import { systemClock } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startCollector, startExporter } from '../support/ipfix.ts';
import { loopbackEnd, loopbackTls } from '../support/loopback-tls.ts';
import { until } from '../support/until.ts';

/** What the two ends of each transport need, such as certificates. */
const needs: Record<
  AvailableTransport,
  {
    readonly collecting: Partial<CollectingProcessOptions>;
    readonly exporting: Partial<ExportingProcessOptions>;
  }
> = {
  tcp: { collecting: {}, exporting: {} },
  udp: { collecting: {}, exporting: {} },
  tls: { collecting: { tls: loopbackTls }, exporting: { tls: loopbackTls } },
  dtls: { collecting: { tls: loopbackTls }, exporting: { tls: loopbackTls } },
};

const flow = (number: number): FlowRecord => ({
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  sourceTransportPort: number,
  destinationTransportPort: 443,
  protocolIdentifier: 6,
  flowId: number,
  octetTotalCount: number * 1000,
});
const flows = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => flow(from + i));
const soon = { least: 20, greatest: 50 };

/** What every transport keeps. A new one joins by its row in the table of transports. */
describe.each(availableTransports)('a session over %s', (protocol) => {
  const { collecting, exporting } = needs[protocol];
  const listen = [{ protocol, host: '127.0.0.1', port: 0 }];

  it('carries records in order and accounts for each at both ends', async () => {
    const receiving = await startCollector({ listen, ...collecting });
    const sending = await startExporter(receiving.address, exporting);
    for (let first = 1; first <= 400; first += 40) {
      sending.exporter.send(batchOf(flows(first, first + 39)));
      await until('the records', () => receiving.flows.length === first + 39);
    }
    expect(receiving.flows).toMatchObject(flows(1, 400));
    expect(receiving.collector.exporters()).toMatchObject([{ protocol, records: 400, lost: 0 }]);
    await sending.exporter.stop(2_000);
    await receiving.collector.stop(2_000);
    expect(sending.exporter.account.toJSON()).toMatchObject({
      received: 400,
      sent: 400,
      dropped: {},
      held: 0,
    });
    expect(receiving.collector.records.toJSON()).toMatchObject({
      received: 400,
      sent: 400,
      dropped: {},
      events: {},
    });
    expect(receiving.collector.sessions).toBe(0);
    expect(sending.ledger.isClosed && receiving.ledger.isClosed).toBe(true);
  });

  it('restarts when the collector returns, and carries the waiting records', async () => {
    const first = await startCollector({ listen, ...collecting });
    const { address } = first;
    await using sending = await startExporter(address, { reconnectMs: soon, ...exporting });
    sending.exporter.send(batchOf(flows(1, 5)));
    await until('the first records', () => first.flows.length === 5);
    await first.collector.stop(500);
    if (transportKinds[protocol].isReliable) {
      await until('the end of the session', () => !sending.exporter.isConnected);
    }
    await using second = await startCollector({ listen: [address], ...collecting });
    sending.exporter.send(batchOf(flows(6, 10)));
    await until('the records', () => second.flows.length === 5);
    expect(second.flows).toMatchObject(flows(6, 10));
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: 10, sent: 10, dropped: {}, held: 0 });
  });

  it('keeps records while no collector is there', async () => {
    const first = await startCollector({ listen, ...collecting });
    const { address } = first;
    await first.collector.stop(0);
    await using sending = await startExporter(address, { reconnectMs: soon, ...exporting });
    sending.exporter.send(batchOf(flows(1, 5)));
    await until('an attempt that fails', () => sending.lines.some((line) => line.includes('5 records wait')));
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: 5, sent: 0, held: 5, closed: true });
    await using second = await startCollector({ listen: [address], ...collecting });
    await until('the records', () => second.flows.length === 5);
    expect(second.collector.records.events.size).toBe(0);
  });

  it('ends when the collector has received nothing for the idle timeout', async () => {
    const clock = new FakeClock();
    await using receiving = await startCollector({ listen, clock, idleTimeoutMs: 60_000, ...collecting });
    await using sending = await startExporter(receiving.address, exporting);
    sending.exporter.send(batchOf(flows(1, 5)));
    await until('the records', () => receiving.flows.length === 5);
    expect(receiving.collector.sessions).toBe(1);
    clock.advance(80_000);
    await until('its end', () => receiving.collector.messages.events.get('sessions timed out') === 1);
  });

  it('is as reliable as the table of transports states', () => {
    const transport = transportTo(
      { protocol, host: '127.0.0.1', port: 4_739 },
      { maxMessageOctets: undefined, vanishTimeoutMs: 30_000, tls: loopbackEnd(), clock: systemClock },
    );
    expect(transport.isReliable).toBe(transportKinds[protocol].isReliable);
  });
});
