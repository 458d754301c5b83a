import { createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../../src/flow/index.ts';
import type { ListenAddress, RecordKind } from '../../../src/ipfix/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { completeRecord, startCollector, startExporter } from '../../support/ipfix.ts';
import { until } from '../../support/until.ts';

const loopback = { 4: '127.0.0.1', 6: '::1' } as const;
const flow = (number: number): FlowRecord => ({
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  sourceTransportPort: 1 + (number % 65_535),
  destinationTransportPort: 443,
  protocolIdentifier: 6,
  flowId: number,
  octetTotalCount: number * 1000,
});
const flows = (count: number, from = 0) => Array.from({ length: count }, (_, i) => flow(from + i));

/** A TCP server that keeps its connections and reads nothing until told. */
async function deafServer(): Promise<
  { server: Server; sockets: Socket[]; address: ListenAddress } & AsyncDisposable
> {
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {});
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    server,
    sockets,
    address: { protocol: 'tcp', host: '127.0.0.1', port },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('records from exporter to collector', () => {
  const cases = (['tcp', 'udp'] as const).flatMap((protocol) =>
    ([4, 6] as const).flatMap((family) =>
      (['agent', 'aggregated'] as const).map((kind): ['tcp' | 'udp', 4 | 6, RecordKind] => [
        protocol,
        family,
        kind,
      ]),
    ),
  );

  it.each(cases)('arrive with every field unchanged: %s over IPv%i, %s', async (protocol, family, kind) => {
    const listen = [{ protocol, host: loopback[family], port: 0 }];
    await using receiving = await startCollector({ listen });
    await using sending = await startExporter(receiving.address, { records: kind, observationDomainId: 77 });
    const records = [4, 6, 4, 6].map((of, number) => completeRecord(kind, of as 4 | 6, number + 1));
    sending.exporter.send(batchOf(records));
    await until('the records', () => receiving.flows.length === records.length);
    expect(receiving.flows).toEqual([records[0], records[2], records[1], records[3]]);
    expect(receiving.origins[0]?.observationDomainId).toBe(77);
    expect(receiving.origins[0]?.exporter).toMatch(family === 4 ? /^127\.0\.0\.1:\d+$/ : /^\[::1\]:\d+$/);
    await sending.exporter.stop(2_000);
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: 4, sent: 4, dropped: {}, held: 0 });
    expect(receiving.collector.records.toJSON()).toMatchObject({
      received: 4,
      sent: 4,
      dropped: {},
      events: {},
    });
    expect(sending.ledger.isClosed && receiving.ledger.isClosed).toBe(true);
  });

  it('arrive without counters in a separate template when they had none', async () => {
    await using receiving = await startCollector();
    await using sending = await startExporter(receiving.address);
    const denied = {
      ...flow(1),
      flowId: undefined,
      octetTotalCount: undefined,
      tcpControlBits: 2,
      vlanId: 12,
    };
    const uncounted = { ...flow(2), octetTotalCount: undefined };
    sending.exporter.send(batchOf([flow(3), denied, uncounted] as FlowRecord[]));
    await until('the records', () => receiving.flows.length === 3);
    expect(receiving.flows[0]).toMatchObject({ flowId: 3, octetTotalCount: 3000 });
    expect(receiving.flows[0]).not.toHaveProperty('reverseOctetTotalCount');
    expect(receiving.flows[1]).toMatchObject({ tcpControlBits: 2, vlanId: 12 });
    expect(receiving.flows[1]).not.toHaveProperty('octetTotalCount');
    expect(receiving.flows[1]).not.toHaveProperty('flowId');
    expect(receiving.flows[2]).toMatchObject({ flowId: 2 });
    expect(receiving.flows[2]).not.toHaveProperty('octetTotalCount');
  });

  it('share messages, and none is lost or counted twice', async () => {
    await using receiving = await startCollector();
    await using sending = await startExporter(receiving.address, { flushIntervalMs: 50 });
    for (let from = 0; from < 8_000; from += 500) sending.exporter.send(batchOf(flows(500, from)));
    await until('the records', () => receiving.flows.length === 8_000);
    expect(receiving.flows.map(({ flowId }) => flowId)).toEqual(flows(8_000).map(({ flowId }) => flowId));
    expect(receiving.collector.messages.received).toBeLessThan(200);
    expect(receiving.collector.records.toJSON()).toMatchObject({
      received: 8_000,
      sent: 8_000,
      events: {},
    });
    expect(receiving.ledger.isClosed).toBe(true);
  });

  it('wait for a full message no longer than the flush interval', async () => {
    const clock = new FakeClock();
    await using receiving = await startCollector();
    await using sending = await startExporter(receiving.address, { clock, flushIntervalMs: 1_000 });
    await until('the connection', () => sending.exporter.isConnected);
    sending.exporter.send(batchOf(flows(3)));
    clock.advance(999);
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: 3, sent: 0, held: 3, closed: true });
    clock.advance(1);
    await until('the records', () => receiving.flows.length === 3);
    sending.exporter.stop(1);
    clock.advance(2);
  });

  it('are numbered across 2^32, and the collector misses none', async () => {
    await using receiving = await startCollector();
    await using sending = await startExporter(receiving.address, { firstSequenceNumber: 2 ** 32 - 5 });
    for (let i = 0; i < 4; i++) sending.exporter.send(batchOf(flows(3, i * 3)));
    await until('the records', () => receiving.flows.length === 12);
    expect(receiving.collector.records.events.size).toBe(0);
    expect(receiving.collector.exporters()).toMatchObject([{ records: 12, lost: 0 }]);
  });
});

describe('over UDP', () => {
  it('messages fit the path MTU, and a record too large for one is counted', async () => {
    const listen = [{ protocol: 'udp' as const, host: '127.0.0.1', port: 0 }];
    await using receiving = await startCollector({ listen });
    await using sending = await startExporter(receiving.address, { maxMessageOctets: 512 });
    await until('the connection', () => sending.exporter.isConnected);
    const records = [flow(1), { ...flow(2), sourcePodName: 'x'.repeat(500) }, flow(3), flow(4)];
    sending.exporter.send(batchOf(records));
    await until('the records', () => receiving.flows.length === 3);
    expect(receiving.flows.map(({ flowId }) => flowId)).toEqual([1, 3, 4]);
    expect(sending.exporter.account.toJSON()).toMatchObject({
      received: 4,
      sent: 3,
      dropped: { 'too large': 1 },
      closed: true,
    });
  });

  it('many records go in many datagrams and all arrive', async () => {
    const listen = [{ protocol: 'udp' as const, host: '127.0.0.1', port: 0 }];
    await using receiving = await startCollector({ listen });
    await using sending = await startExporter(receiving.address, { maxMessageOctets: 1_452 });
    for (let from = 0; from < 400; from += 40) {
      sending.exporter.send(batchOf(flows(40, from)));
      await until('the records', () => receiving.flows.length === from + 40);
    }
    expect(receiving.collector.messages.received).toBeGreaterThan(40);
    expect(receiving.collector.records.events.size).toBe(0);
    expect(receiving.ledger.isClosed && sending.ledger.isClosed).toBe(true);
  });

  it('an exporter keeps its records until its collector is there', async () => {
    const listen = [{ protocol: 'udp' as const, host: '127.0.0.1', port: 0 }];
    const first = await startCollector({ listen });
    const { address } = first;
    await first.collector.stop(0);
    await using sending = await startExporter(address, { reconnectMs: { least: 20, greatest: 50 } });
    sending.exporter.send(batchOf(flows(5)));
    const refusals = () => sending.lines.filter((line) => line.includes('ECONNREFUSED')).length;
    await until('some refusals', () => refusals() > 3);
    expect(sending.exporter.isConnected).toBe(false);
    expect(sending.exporter.reconnections).toBe(0);
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: 5, sent: 0, held: 5, closed: true });
    expect(sending.lines.join('\n')).toMatch(/no connection to 127.+ECONNREFUSED; 5 records wait/);
    await using receiving = await startCollector({ listen: [address] });
    await until('the records', () => receiving.flows.length === 5);
    expect(receiving.collector.records.events.size).toBe(0);
  });
});

describe('an exporter whose collector goes away', () => {
  it('connects again, sends templates first, then undelivered records', async () => {
    const first = await startCollector();
    await using sending = await startExporter(first.address, { reconnectMs: { least: 20, greatest: 50 } });
    sending.exporter.send(batchOf(flows(10)));
    await until('the first records', () => first.flows.length === 10);
    await first.collector.stop(500);
    await until('the end of the connection', () => !sending.exporter.isConnected);
    sending.exporter.send(batchOf(flows(10, 10)));
    expect(sending.exporter.account.toJSON()).toMatchObject({
      received: 20,
      sent: 10,
      held: 10,
      closed: true,
    });
    await using second = await startCollector({ listen: [first.address] });
    await until('the other records', () => second.flows.length === 10);
    expect(second.flows[0]).toMatchObject({ flowId: 10 });
    expect(second.collector.records.events.size).toBe(0);
    expect(sending.exporter.reconnections).toBe(1);
    expect(sending.exporter.account.toJSON()).toMatchObject({
      received: 20,
      sent: 20,
      dropped: {},
      events: {},
      closed: true,
    });
  });

  it('waits longer after each attempt, with random jitter of up to half', async () => {
    const clock = new FakeClock();
    const gone = await startCollector();
    await gone.collector.stop(0);
    await using sending = await startExporter(gone.address, { clock });
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 8; attempt++) {
      const failed = () => sending.lines.length === Math.min(attempt, 5);
      await until(`attempt ${attempt}`, failed, { everyMs: 1 });
      const wait = sending.lines[attempt - 1]?.match(/next attempt in (\d+) ms/)?.[1];
      if (wait !== undefined) waits.push(Number(wait));
      if (attempt === 5) break;
      clock.advance(30_000);
    }
    for (const [attempt, wait] of waits.entries()) {
      expect(wait).toBeLessThanOrEqual(1_000 * 2 ** attempt);
      expect(wait).toBeGreaterThanOrEqual(500 * 2 ** attempt);
    }
    expect(waits).toHaveLength(5);
    sending.exporter.stop(1);
    clock.advance(2);
  });

  it('holds records in bounded memory when a collector does not read, and counts the excess', async () => {
    await using deaf = await deafServer();
    await using sending = await startExporter(deaf.address, {
      maxQueueOctets: 1_000_000,
      maxQueueRecords: 1_000_000,
    });
    await until('the connection', () => sending.exporter.isConnected);
    const batch = batchOf(flows(1_000));
    let sent = 0;
    while (sending.exporter.account.totalDropped === 0) {
      sending.exporter.send(batch);
      sent += 1_000;
      await new Promise(setImmediate);
    }
    const full = sending.exporter.account.toJSON();
    expect(full).toMatchObject({ received: sent, closed: true });
    expect(Object.keys(full.dropped)).toEqual(['queue full']);
    expect(full.held).toBeLessThan(20_000);
    // It reads after all: everything that was not dropped arrives.
    await using receiving = await startCollector();
    const through = (await import('node:net')).connect(receiving.address.port, receiving.address.host);
    deaf.sockets[0]!.resume().pipe(through);
    await until('the rest', () => receiving.flows.length === sent - sending.exporter.account.totalDropped);
    expect(sending.exporter.account.toJSON()).toMatchObject({ held: 0, closed: true });
  });

  it('resends the undelivered records of a broken connection', async () => {
    const deaf = await deafServer();
    await using sending = await startExporter(deaf.address, { reconnectMs: { least: 20, greatest: 50 } });
    await until('the connection', () => sending.exporter.isConnected);
    let count = 0;
    while (sending.exporter.account.held < 5_000) {
      sending.exporter.send(batchOf(flows(1_000, count)));
      count += 1_000;
      await new Promise(setImmediate);
    }
    const { sent, held } = sending.exporter.account;
    await deaf[Symbol.asyncDispose]();
    await using receiving = await startCollector({ listen: [deaf.address] });
    await until('what was held', () => receiving.flows.length === held);
    expect(receiving.flows[0]).toMatchObject({ flowId: sent });
    expect(receiving.collector.records.events.size).toBe(0);
    const { events, ...account } = sending.exporter.account.toJSON();
    expect(account).toMatchObject({ received: count, sent: count, dropped: {}, held: 0, closed: true });
    expect(events.unconfirmed).toBeGreaterThan(0);
    expect(events.unconfirmed).toBeLessThanOrEqual(sent);
  });

  it('bounds its queue in records, too', async () => {
    const gone = await startCollector();
    await gone.collector.stop(0);
    await using sending = await startExporter(gone.address, { maxQueueRecords: 100 });
    for (let i = 0; i < 30; i++) sending.exporter.send(batchOf(flows(10)));
    expect(sending.exporter.account.toJSON()).toMatchObject({
      received: 300,
      held: 100,
      dropped: { 'queue full': 200 },
      closed: true,
    });
  });

  it('closes a connection without progress', async () => {
    await using deaf = await deafServer();
    await using sending = await startExporter(deaf.address, {
      stallTimeoutMs: 100,
      reconnectMs: { least: 10, greatest: 10 },
    });
    const big = Array.from({ length: 50 }, (_, i) => ({ ...flow(i), sourcePodName: 'x'.repeat(20_000) }));
    await until('a second connection', () => {
      if (sending.exporter.account.held === 0) sending.exporter.send(batchOf(big));
      return deaf.sockets.length > 1;
    });
    expect(sending.lines.join('\n')).toContain('accepts nothing for 0.1 s');
    expect(sending.exporter.account.difference).toBe(0);
  });

  it('stops within its deadline and counts unsent records', async () => {
    const gone = await startCollector();
    await gone.collector.stop(0);
    const { exporter, ledger } = await startExporter(gone.address);
    exporter.send(batchOf(flows(7)));
    await exporter.stop(50);
    exporter.send(batchOf(flows(2)));
    expect(exporter.account.toJSON()).toMatchObject({
      received: 9,
      sent: 0,
      held: 0,
      dropped: { stopped: 9 },
    });
    expect(ledger.isClosed).toBe(true);
  });
});

describe('templates withdrawn over TCP', () => {
  it('are forgotten by the collector and announced again before the next records', async () => {
    await using receiving = await startCollector();
    await using sending = await startExporter(receiving.address);
    await until('the templates', () => receiving.collector.exporters()[0]?.templates === 2);
    sending.exporter.withdrawTemplates();
    await until('the withdrawal', () => receiving.collector.exporters()[0]?.templates === 0);
    sending.exporter.send(batchOf(flows(2)));
    await until('the records', () => receiving.flows.length === 2);
    expect(receiving.collector.records.events.size).toBe(0);
  });
});
