import { createSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf } from '../../../src/flow/index.ts';
import { FlowTemplates } from '../../../src/ipfix/flow-mapping.ts';
import type { MessageWriter } from '../../../src/ipfix/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { dial, message, startCollector, startExporter } from '../../support/ipfix.ts';
import { set } from '../../support/ipfix-octets.ts';
import { v5, v5Record, v9, v9Template } from '../../support/netflow-octets.ts';
import { ethernet, flowSample, ipv4, rawHeader, sflow } from '../../support/sflow-octets.ts';
import { until } from '../../support/until.ts';

const { template, writer } = new FlowTemplates('agent').get(256);
const batch = batchOf([{ sourceIP: '10.0.0.1', flowId: 1, octetTotalCount: 1 }]);
const whole = (into: MessageWriter) => {
  into.writeTemplate(template);
  into.writeRows(writer, batch, 0, 1);
};
const closed = (socket: Socket) => new Promise((resolve) => socket.resume().once('close', resolve));

describe('a stream that is not IPFIX', () => {
  it('is closed with an error that quotes it, after earlier messages were read', async () => {
    await using receiving = await startCollector();
    const socket = await dial(receiving.address);
    const isClosed = closed(socket);
    socket.write(Buffer.concat([message({}, whole), Buffer.from('GET / HTTP/1.1\r\n\r\n')]));
    await isClosed;
    await until('the end of the session', () => receiving.collector.sessions === 0);
    expect(receiving.flows).toHaveLength(1);
    expect(receiving.collector.messages.toJSON()).toMatchObject({
      received: 2,
      sent: 1,
      dropped: { 'not-a-message': 1 },
      closed: true,
    });
    expect(receiving.lines.join('\n')).toMatch(/127\.0\.0\.1:\d+: the next octets are not an IPFIX message/);
  });

  it('affects only the message that contains it', async () => {
    await using receiving = await startCollector();
    const socket = await dial(receiving.address);
    const broken = message({}, whole);
    new DataView(broken.buffer).setUint16(18, 3); // the first set's length: less than its header
    socket.write(Buffer.concat([broken, message({}, whole)]));
    await until('the record of the other message', () => receiving.flows.length === 1);
    expect(receiving.collector.sessions).toBe(1);
    expect(receiving.collector.messages.toJSON()).toMatchObject({
      received: 2,
      sent: 1,
      dropped: { 'set-length-invalid': 1 },
      closed: true,
    });
    expect(receiving.lines.join('\n')).toMatch(/set-length-invalid: .+ \(offset 16, domain 1, set 2\)/);
    socket.destroy();
  });

  it('is reported with offset, set, template and field; earlier records are kept', async () => {
    await using receiving = await startCollector();
    const socket = await dial(receiving.address);
    const cut = message({}, whole);
    const shorter = cut.slice(0, -4);
    const view = new DataView(shorter.buffer);
    view.setUint16(2, shorter.length);
    const setAt = 16 + view.getUint16(18);
    view.setUint16(setAt + 2, shorter.length - setAt);
    socket.write(Buffer.concat([shorter, message({ sequenceNumber: 1 }, whole)]));
    await until('the record of the other message', () => receiving.flows.length === 1);
    expect(receiving.collector.records.toJSON()).toMatchObject({
      received: 2,
      sent: 1,
      dropped: { undecodable: 1 },
      events: { 'record-truncated': 1 },
      closed: true,
    });
    expect(receiving.lines.join('\n')).toMatch(
      /record-truncated: .+ \(offset \d+, domain 1, set 256, template 256, field \w+\)/,
    );
    socket.destroy();
  });

  it('breaks neither the collector nor its account, with any octets', async () => {
    await using receiving = await startCollector();
    let streams = 0;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (octets, hasHeader) => {
        const framed = Buffer.concat([
          Uint8Array.of(0, 10, (octets.length + 4) >> 8, octets.length + 4),
          octets,
        ]);
        const socket = await dial(receiving.address);
        const isClosed = closed(socket);
        socket.end(hasHeader ? framed : octets);
        await isClosed;
        streams++;
        expect(receiving.ledger.isClosed).toBe(true);
      }),
      { numRuns: 60 },
    );
    expect(streams).toBe(60);
    (await dial(receiving.address)).end(message({}, whole));
    await until('a good record', () => receiving.flows.length === 1);
  });
});

describe('datagrams that are not IPFIX', () => {
  it('are counted and open no session', async () => {
    await using receiving = await startCollector({
      listen: [{ protocol: 'udp', host: '127.0.0.1', port: 0 }],
    });
    const socket = createSocket('udp4');
    for (const octets of [Buffer.from('hello'), Buffer.of(), Buffer.of(0, 10, 0, 16), message({}, whole)]) {
      socket.send(octets, receiving.address.port, receiving.address.host);
    }
    await until('the record', () => receiving.flows.length === 1);
    expect(receiving.collector.messages.toJSON()).toMatchObject({
      received: 4,
      sent: 1,
      dropped: { 'not-a-message': 2, 'message-header-truncated': 1 },
      closed: true,
    });
    expect(receiving.collector.sessions).toBe(1);
    socket.close();
  });
});

describe('a flood of connections', () => {
  it('drops silent connections in favour of active ones', async () => {
    await using receiving = await startCollector({ maxSessions: 20 });
    await using sending = await startExporter(receiving.address);
    await until('the templates', () => receiving.collector.exporters()[0]?.templates === 2);
    const silent: Socket[] = [];
    for (let i = 0; i < 60; i++) {
      const socket = await dial(receiving.address);
      socket.on('error', () => {});
      if (i % 2 === 1) socket.write(Uint8Array.of(0, 10, 0xff, 0xff)); // the start of a message that never comes
      silent.push(socket);
    }
    await until('the flood', () => receiving.collector.messages.events.get('sessions gave way') === 41);
    expect(receiving.collector.sessions).toBe(20);
    sending.exporter.send(batch);
    await until('the record', () => receiving.flows.length === 1);
    expect(receiving.collector.records.toJSON()).toMatchObject({ received: 1, sent: 1, closed: true });
    for (const socket of silent) socket.destroy();
  });

  it('stays within the bound; the longest silent are closed, though all have templates', async () => {
    await using receiving = await startCollector({ maxSessions: 5 });
    const sockets: Socket[] = [];
    for (let i = 0; i < 8; i++) {
      const socket = await dial(receiving.address);
      socket.on('error', () => {});
      socket.write(message({}, whole));
      sockets.push(socket);
      await until('its word', () => receiving.flows.length === i + 1);
    }
    await until('the first to be ended', () => sockets.slice(0, 3).every(({ closed }) => closed));
    expect(sockets.slice(3).some(({ closed }) => closed)).toBe(false);
    expect(receiving.collector.messages.events.get('sessions gave way')).toBe(3);
    expect(receiving.collector.sessions).toBe(5);
    for (const socket of sockets) socket.destroy();
  });

  it('ends at the idle timeout when each sends half a message, even octet by octet', async () => {
    const clock = new FakeClock();
    await using receiving = await startCollector({ clock, idleTimeoutMs: 60_000 });
    const socket = await dial(receiving.address);
    const isClosed = closed(socket);
    socket.on('error', () => {});
    await until('the session', () => receiving.collector.sessions === 1);
    for (let waited = 0; waited < 60_000; waited += 10_000) {
      socket.write(message({}, whole).subarray(waited / 1000, waited / 1000 + 10));
      clock.advance(10_000);
    }
    await isClosed;
    await until('the end of the session', () => receiving.collector.sessions === 0);
    expect(Object.fromEntries(receiving.collector.messages.events)).toMatchObject({
      'sessions timed out': 1,
    });
    expect(receiving.flows).toEqual([]);
  });
});

it('reads sFlow on the port of IPFIX, in a session of each agent', async () => {
  await using receiving = await startCollector({ listen: [{ protocol: 'udp', host: '127.0.0.1', port: 0 }] });
  const socket = createSocket('udp4');
  const sample = flowSample({}, rawHeader(ethernet(0x0800, ipv4())));
  const datagrams = [sflow({}, sample), sflow({ agent: '0a000008' }, sample), sflow({ sequence: 2 })];
  for (const octets of datagrams) socket.send(octets, receiving.address.port, receiving.address.host);
  const { messages, records } = receiving.collector;
  await until('the datagrams', () => messages.received === 3);
  expect(messages.toJSON()).toMatchObject({ sent: 3, events: {}, closed: true });
  expect(records.toJSON()).toMatchObject({ received: 2, sent: 2, closed: true });
  expect(receiving.flows).toMatchObject(
    Array(2).fill({ sourceIP: '10.0.0.1', octetDeltaCount: 4_000, sampledOctetDeltaCount: 40 }),
  );
  expect(receiving.collector.exporters()).toMatchObject([
    { exportProtocol: 'sflow-v5', observationDomainId: 3, messages: 2, records: 1, lost: 0 },
    { exportProtocol: 'sflow-v5', observationDomainId: 3, messages: 1, records: 1, lost: 0 },
  ]);
  socket.close();
});

it('counts sFlow in a stream, which it does not read, and names it once for each exporter', async () => {
  await using receiving = await startCollector();
  for (let times = 1; times <= 2; times++) {
    const socket = await dial(receiving.address);
    const isClosed = closed(socket);
    socket.write(sflow({}));
    await isClosed;
  }
  const { messages } = receiving.collector;
  expect(messages.toJSON()).toMatchObject({ dropped: { 'sflow-v5': 2 }, closed: true });
  expect(receiving.lines.filter((line) => line.includes('sFlow v5, not decoded'))).toHaveLength(1);
});

describe('NetFlow', () => {
  const v9Message = v9({}, v9Template(256, [4, 1], [8, 4]), set(256, 6, '0a000001'));

  it('is read on the port of IPFIX, in a session of each version', async () => {
    await using receiving = await startCollector({
      listen: [{ protocol: 'udp', host: '127.0.0.1', port: 0 }],
    });
    const socket = createSocket('udp4');
    const { messages } = receiving.collector;
    for (const octets of [Buffer.of(0, 8, 0, 1), v9Message, v5({}, v5Record()), message({}, whole)])
      socket.send(octets, receiving.address.port, receiving.address.host);
    await until('the datagrams', () => messages.received === 4);
    expect(messages.toJSON()).toMatchObject({ sent: 3, dropped: { 'not-a-message': 1 }, closed: true });
    const sessions = receiving.collector.exporters();
    expect(sessions.map((each) => [each.exportProtocol, each.observationDomainId, each.records])).toEqual([
      ['netflow-v9', 7, 1],
      ['netflow-v5', 0x0102, 1],
      ['ipfix', 1, 1],
    ]);
    expect(receiving.collector.readings.exporters.map(({ exportProtocol }) => exportProtocol)).toEqual([
      'netflow-v9',
      'netflow-v5',
      'ipfix',
    ]);
    expect(receiving.flows.map(({ sourceIP }) => sourceIP)).toEqual(['10.0.0.1', '10.0.0.1', '10.0.0.1']);
    socket.close();
  });

  it('closes the stream that contains it, and is named', async () => {
    await using receiving = await startCollector();
    const socket = await dial(receiving.address);
    const isClosed = closed(socket);
    socket.write(v9Message);
    await isClosed;
    expect(receiving.collector.messages.toJSON()).toMatchObject({
      dropped: { 'netflow-v9': 1 },
      closed: true,
    });
    expect(receiving.lines.join('\n')).toContain(
      'NetFlow v9, not decoded: Weir reads NetFlow and sFlow in datagrams only',
    );
  });
});
