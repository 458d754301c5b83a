import { createSocket, type Socket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../../src/flow/index.ts';
import { FlowTemplates } from '../../../src/ipfix/flow-mapping.ts';
import {
  createTemplate,
  elementNamed,
  type ListenAddress,
  type MessageWriter,
  type Template,
} from '../../../src/ipfix/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { dial, message, startCollector, startExporter, type TestCollector } from '../../support/ipfix.ts';
import { until } from '../../support/until.ts';

const udp = (host = '127.0.0.1') => ({ listen: [{ protocol: 'udp' as const, host, port: 0 }] });
const T = 1_767_225_600;

const templates = new FlowTemplates('agent');
const { template, writer } = templates.get(256);
const rows = (count: number) =>
  batchOf(
    Array.from({ length: count }, (_, flowId): FlowRecord => ({ sourceIP: '10.0.0.1', flowId: flowId + 1 })),
  );
const announce = (into: MessageWriter) => into.writeTemplate(template);
const records = (count: number) => (into: MessageWriter) => into.writeRows(writer, rows(count), 0, count);

/** A UDP exporter made by hand. Each datagram is waited for, so that they come in this order. */
async function datagrams(
  to: ListenAddress,
): Promise<{ socket: Socket; send(octets: Uint8Array): Promise<void> } & Disposable> {
  const socket = createSocket(to.host.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve) => socket.connect(to.port, to.host, resolve));
  return {
    socket,
    send: (octets) =>
      new Promise((resolve, reject) => socket.send(octets, (error) => (error ? reject(error) : resolve()))),
    [Symbol.dispose]: () => socket.close(),
  };
}

const received = (receiving: TestCollector, messages: number) =>
  until(`${messages} messages`, () => receiving.collector.messages.received === messages);

describe('sequence numbers on arrival', () => {
  /** Sends messages of two records each with these sequence numbers, and export times in seconds after T. */
  async function sendAll(receiving: TestCollector, ...numbers: (number | [number, number])[]): Promise<void> {
    using exporter = await datagrams(receiving.address);
    await exporter.send(message({ sequenceNumber: [numbers[0]].flat()[0]!, exportTimeSeconds: T }, announce));
    for (const entry of numbers) {
      const [sequenceNumber, later = 0] = [entry].flat() as [number, number?];
      await exporter.send(message({ sequenceNumber, exportTimeSeconds: T + later }, records(2)));
    }
    await received(receiving, numbers.length + 1);
  }

  it('reveal how many records were lost upstream', async () => {
    await using receiving = await startCollector(udp());
    await sendAll(receiving, 0, 2, 10, 12);
    expect(receiving.collector.records.toJSON()).toMatchObject({
      received: 8,
      sent: 8,
      events: { 'lost upstream': 6 },
      closed: true,
    });
    expect(receiving.collector.exporters()).toMatchObject([
      { records: 8, lost: 6, messages: 5, templates: 1 },
    ]);
    expect(receiving.lines.join('\n')).toMatch(
      /127\.0\.0\.1:\d+: 6 records before this message did not come \(domain 1, sequence number 10\)/,
    );
  });

  it('reduce the loss when they come late', async () => {
    await using receiving = await startCollector(udp());
    await sendAll(receiving, 0, 6, 2, 4, 8);
    expect(receiving.flows).toHaveLength(10);
    expect(Object.fromEntries(receiving.collector.records.events)).toEqual({
      'lost upstream': 0,
      'late messages': 2,
    });
    expect(receiving.collector.exporters()).toMatchObject([{ lost: 0 }]);
  });

  it('are reported as duplicates when they arrive twice, and their records are passed on', async () => {
    await using receiving = await startCollector(udp());
    await sendAll(receiving, 0, 2, 2, 4);
    expect(receiving.flows).toHaveLength(8);
    expect(Object.fromEntries(receiving.collector.records.events)).toEqual({ 'duplicate messages': 1 });
  });

  it('mean a restart, not a loss, when they begin anew at a later time', async () => {
    await using receiving = await startCollector(udp());
    await sendAll(receiving, 5000, 5002, [0, 3], [2, 3]);
    expect(receiving.flows).toHaveLength(8);
    expect(Object.fromEntries(receiving.collector.records.events)).toEqual({ 'exporter restarts': 1 });
  });
});

describe('templates', () => {
  it('stay apart for two exporters with the same domain and template id', async () => {
    await using receiving = await startCollector(udp());
    using one = await datagrams(receiving.address);
    using other = await datagrams(receiving.address);
    const narrow = (...names: string[]): Template =>
      createTemplate(
        256,
        names.map((name) => ({ element: elementNamed(name)! })),
      );
    const ports = narrow('sourceIPv4Address', 'sourceTransportPort');
    const octets = narrow('sourceIPv4Address', 'octetTotalCount');
    await one.send(message({}, (into) => into.writeTemplate(ports)));
    await other.send(message({}, (into) => into.writeTemplate(octets)));
    await received(receiving, 2);
    await one.send(message({}, (into) => into.writeRecord({ template: ports, values: ['10.0.0.1', 443] })));
    await other.send(
      message({}, (into) => into.writeRecord({ template: octets, values: ['10.0.0.2', 5000] })),
    );
    await until('both records', () => receiving.flows.length === 2);
    expect(receiving.flows).toEqual(
      [
        { sourceIP: '10.0.0.1', sourceTransportPort: 443 },
        { sourceIP: '10.0.0.2', octetTotalCount: 5000 },
      ].map((flow) => expect.objectContaining(flow)),
    );
    expect(receiving.flows[0]).not.toHaveProperty('octetTotalCount');
    expect(new Set(receiving.origins.map((origin) => origin?.exporter)).size).toBe(2);
    expect(receiving.collector.exporters()).toHaveLength(2);
  });

  it('end with their TCP connection', async () => {
    await using receiving = await startCollector();
    const first = await dial(receiving.address);
    first.end(message({}, announce));
    await until(
      'the end of the session',
      () => receiving.collector.messages.received === 1 && receiving.collector.sessions === 0,
    );
    const second = await dial(receiving.address);
    second.end(message({}, records(3)));
    await received(receiving, 2);
    expect(receiving.flows).toEqual([]);
    expect(Object.fromEntries(receiving.collector.records.events)).toEqual({ 'template-unknown': 1 });
  });

  it('expire over UDP unless they are sent again, as does a silent session', async () => {
    const clock = new FakeClock();
    const passages: [string, number][] = [];
    await using receiving = await startCollector({
      ...udp(),
      clock,
      holdMs: 0,
      onPassage: (change, { presentUntilMs }) => passages.push([change, presentUntilMs]),
    });
    using exporter = await datagrams(receiving.address);
    const firstMs = clock.now();
    await exporter.send(message({}, announce));
    await received(receiving, 1);
    clock.advance(1_000_000);
    await exporter.send(message({}, records(1)));
    await received(receiving, 2);
    expect(receiving.flows).toHaveLength(1);
    clock.advance(1_000_000);
    expect(receiving.collector.exporters()).toMatchObject([{ templates: 0 }]);
    await exporter.send(message({ sequenceNumber: 1 }, records(1)));
    await received(receiving, 3);
    expect(receiving.collector.records.events.get('template-unknown')).toBe(1);
    clock.advance(1_900_000);
    expect(receiving.collector.sessions).toBe(0);
    expect(passages).toEqual([
      ['came', firstMs],
      ['went', firstMs + 2_000_000],
    ]);
    expect(Object.fromEntries(receiving.collector.messages.events)).toEqual({
      'templates expired': 1,
      'sessions timed out': 1,
    });
  });

  it('stay valid when they are sent again in time', async () => {
    const clock = new FakeClock();
    await using receiving = await startCollector({ ...udp(), clock });
    using exporter = await datagrams(receiving.address);
    for (let times = 1; times <= 5; times++) {
      await exporter.send(message({}, announce));
      await received(receiving, times);
      clock.advance(1_200_000);
    }
    expect(receiving.collector.exporters()).toMatchObject([{ templates: 1 }]);
  });

  it('decode records that came shortly before them over UDP', async () => {
    await using receiving = await startCollector(udp());
    using exporter = await datagrams(receiving.address);
    await exporter.send(message({ sequenceNumber: 0 }, records(3)));
    await exporter.send(message({ sequenceNumber: 3 }, records(4)));
    await received(receiving, 2);
    expect(receiving.collector.records.toJSON()).toMatchObject({
      received: 3,
      dropped: { undecodable: 3 },
      closed: true,
    });
    await exporter.send(message({ sequenceNumber: 7 }, announce));
    await until('the records', () => receiving.flows.length === 7);
    expect(receiving.collector.records.toJSON()).toMatchObject({
      received: 7,
      sent: 7,
      dropped: { undecodable: 0 },
      events: { 'template-unknown': 2 },
      closed: true,
    });
    expect(receiving.collector.exporters()).toMatchObject([{ lost: 0 }]);
  });

  it('leave their records undecodable and counted when they never come', async () => {
    const clock = new FakeClock();
    await using receiving = await startCollector({ ...udp(), clock });
    using exporter = await datagrams(receiving.address);
    await exporter.send(message({ sequenceNumber: 0 }, records(3)));
    await received(receiving, 1);
    clock.advance(10_000);
    await exporter.send(message({ sequenceNumber: 3 }, announce));
    await received(receiving, 2);
    expect(receiving.flows).toEqual([]);
    expect(receiving.collector.records.toJSON()).toMatchObject({
      received: 3,
      dropped: { undecodable: 3 },
      events: { 'template-unknown': 1, 'sets without template': 1 },
      closed: true,
    });
  });
});

describe('records', () => {
  const options = createTemplate(
    300,
    [
      { element: elementNamed('exportingProcessId')! },
      { element: elementNamed('exportedMessageTotalCount')! },
    ],
    1,
  );
  const announceAndSend = (into: MessageWriter) => {
    into.writeTemplate(options);
    into.writeRecord({ template: options, values: [9, 1234] });
  };

  it('are handed on as plain values when they are option records', async () => {
    await using receiving = await startCollector();
    (await dial(receiving.address)).end(message({ domain: 5, sequenceNumber: 8 }, announceAndSend));
    await until('the record', () => receiving.others.length === 1);
    expect(receiving.others[0]).toMatchObject({
      origin: { observationDomainId: 5 },
      protocol: 'tcp',
      header: { sequenceNumber: 8, exportTimeSeconds: T },
      record: { values: [9, 1234] },
    });
    expect(receiving.collector.records.toJSON()).toMatchObject({
      received: 1,
      sent: 1,
      events: { 'options records': 1 },
    });
  });

  it('are counted when no consumer wants them, and dropped if they are no option records', async () => {
    await using receiving = await startCollector({ onRecord: undefined as never });
    const plain = createTemplate(301, [{ element: elementNamed('exportedMessageTotalCount')! }]);
    const send = (into: MessageWriter) => {
      announceAndSend(into);
      into.writeTemplate(plain);
      into.writeRecord({ template: plain, values: [5] });
    };
    (await dial(receiving.address)).end(message({}, send));
    await received(receiving, 1);
    expect(receiving.collector.records.toJSON()).toMatchObject({
      received: 1,
      dropped: { 'not a flow': 1 },
      events: { 'options records': 1 },
      closed: true,
    });
  });

  it('come as plain values when no consumer takes batches', async () => {
    await using receiving = await startCollector({ onBatch: undefined as never });
    await using sending = await startExporter(receiving.address);
    sending.exporter.send(batchOf([{ sourceIP: '10.0.0.1', flowId: 1 }]));
    await until('the record', () => receiving.others.length === 1);
    expect(receiving.others[0]?.record.values).toContain('10.0.0.1');
  });

  it('are handed on in reused batches, within the rows of a batch', async () => {
    const lengths: number[] = [];
    const batches = new Set();
    await using receiving = await startCollector({
      batchRows: 100,
      onBatch: (batch) => {
        lengths.push(batch.length);
        batches.add(batch);
      },
    });
    const stream = Buffer.concat([
      message({}, announce),
      message({}, records(250)),
      message({ sequenceNumber: 250 }, records(5)),
    ]);
    (await dial(receiving.address)).end(stream);
    await received(receiving, 3);
    // A turn that is over hands on what it has, so a busy machine may see more and smaller batches.
    expect(Math.max(...lengths)).toBe(100);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(255);
    expect(batches.size).toBe(1);
    expect(receiving.collector.records.toJSON()).toMatchObject({ received: 255, sent: 255, closed: true });
  });

  it('are counted when a consumer fails on them, and the next are handed on', async () => {
    let calls = 0;
    await using receiving = await startCollector({
      onBatch: () => {
        if (++calls === 1) throw new Error('no more room');
      },
    });
    const socket = await dial(receiving.address);
    socket.write(Buffer.concat([message({}, announce), message({}, records(3))]));
    await received(receiving, 2);
    socket.end(message({ sequenceNumber: 3 }, records(2)));
    await received(receiving, 3);
    expect(receiving.collector.records.toJSON()).toMatchObject({
      received: 5,
      sent: 2,
      dropped: { 'consumer failed': 3 },
      closed: true,
    });
    expect(receiving.lines.join('\n')).toContain('3 records lost: no more room');
  });

  it('bring their strings in a dictionary that is replaced at a bound', async () => {
    const dictionaries = new Set<unknown>();
    await using receiving = await startCollector({
      onBatch: ({ dictionary }) => dictionaries.add(dictionary),
    });
    await using sending = await startExporter(receiving.address);
    const names = (from: number) =>
      Array.from({ length: 250 }, (_, i) => `pod-${from + i}`.padEnd(4_000, '-'));
    for (let sent = 250; sent <= 1_500; sent += 250) {
      const batch = names(sent).map((sourcePodName): FlowRecord => ({ sourceIP: '10.0.0.1', sourcePodName }));
      sending.exporter.send(batchOf(batch));
      await until('the records', () => receiving.collector.records.sent === sent);
    }
    expect(dictionaries.size).toBe(2);
    expect(receiving.collector.records.events.size).toBe(0);
  });

  it('have names of 4096 octets at most; longer ones are cut and counted', async () => {
    await using receiving = await startCollector();
    await using sending = await startExporter(receiving.address);
    const long = 'é'.repeat(2_049);
    sending.exporter.send(batchOf([{ sourceIP: '10.0.0.1', sourcePodName: long, destinationPodName: long }]));
    await until('the record', () => receiving.flows.length === 1);
    expect(receiving.flows[0]).toMatchObject({ sourcePodName: 'é'.repeat(2_048) });
    expect(receiving.collector.records.toJSON()).toMatchObject({ sent: 1, events: { 'names cut': 2 } });
  });
});

describe('a collector', () => {
  it('listens to both families on one socket and shows IPv4 peers as such', async () => {
    for (const protocol of ['tcp', 'udp'] as const) {
      await using receiving = await startCollector({ listen: [{ protocol, host: '::', port: 0 }] });
      await using sending = await startExporter({ ...receiving.address, host: '127.0.0.1' });
      sending.exporter.send(batchOf([{ sourceIP: '10.0.0.1', flowId: 1 }]));
      await until('the record', () => receiving.flows.length === 1);
      expect(receiving.origins[0]?.exporter).toMatch(/^127\.0\.0\.1:\d+$/);
    }
  });

  it('reports where it could not listen and what to do', async () => {
    await using receiving = await startCollector();
    await expect(startCollector({ listen: [receiving.address] })).rejects.toMatchObject({
      code: 'WEIR_LISTEN_FAILED',
      message: expect.stringContaining(`cannot listen on tcp://127.0.0.1:${receiving.address.port}`),
      remedy: 'Another program listens there: stop it or choose another port',
    });
    await using datagram = await startCollector(udp());
    await expect(startCollector({ listen: [datagram.address] })).rejects.toMatchObject({
      code: 'WEIR_LISTEN_FAILED',
    });
  });

  it('reads what exporters sent before they noticed its end', async () => {
    const receiving = await startCollector();
    const sending = await startExporter(receiving.address);
    await until('the connection', () => receiving.collector.sessions === 1);
    for (let i = 0; i < 20; i++) sending.exporter.send(rows(100));
    await Promise.all([sending.exporter.stop(2_000), receiving.collector.stop(2_000)]);
    expect(receiving.flows.length).toBe(sending.exporter.account.sent);
    expect(sending.ledger.isClosed && receiving.ledger.isClosed).toBe(true);
  });
});
