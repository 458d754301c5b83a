import { createSocket, type Socket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { batchOf } from '../../../src/flow/index.ts';
import { freePort } from '../../support/free-port.ts';
import { completeRecord, startExporter } from '../../support/ipfix.ts';
import { LineReader } from '../../support/line-reader.ts';
import { loopbackTls } from '../../support/loopback-tls.ts';
import { until } from '../../support/until.ts';

const records = (from: number, to: number) =>
  batchOf(Array.from({ length: to - from + 1 }, (_, i) => completeRecord('aggregated', 4, from + i)));
/** The number of a record, as `completeRecord` puts it into the source address. */
const numberOf = (line: string) => Number(JSON.parse(line).ipfix.sourceIPv4Address.split('.')[1]);
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);
const soon = { least: 20, greatest: 50 };
const json = { records: 'aggregated', format: 'JSON', reconnectMs: soon } as const;

/** A UDP socket that keeps its datagrams. */
async function bindSocket(port: number): Promise<Disposable & { readonly datagrams: string[] }> {
  const socket: Socket = createSocket('udp4');
  const datagrams: string[] = [];
  socket.on('message', (octets) => datagrams.push(octets.toString()));
  await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve));
  return { datagrams, [Symbol.dispose]: () => socket.close() };
}

describe('records as JSON on a connection', () => {
  it.each(['tcp', 'tls'] as const)(
    'arrive over %s as one object a line, in order, and are counted',
    async (protocol) => {
      await using reader = await LineReader.start({ protocol });
      const sending = await startExporter(reader.address, { ...json, tls: loopbackTls });
      sending.exporter.send(records(1, 100));
      sending.exporter.send(records(101, 250));
      await until('the records', () => reader.lines.length === 250);
      expect(reader.lines.map(numberOf)).toEqual(upTo(250));
      await sending[Symbol.asyncDispose]();
      expect(sending.exporter.account.toJSON()).toMatchObject({
        received: 250,
        sent: 250,
        dropped: {},
        held: 0,
      });
    },
  );

  it('wait while the collector is away', async () => {
    const port = await freePort();
    await using sending = await startExporter({ protocol: 'tcp', host: '127.0.0.1', port }, json);
    sending.exporter.send(records(1, 40));
    await until('an attempt', () => sending.lines.some((line) => line.includes('no connection')));
    await using reader = await LineReader.start({ port });
    await until('the records', () => reader.lines.length === 40);
    expect(reader.lines.map(numberOf)).toEqual(upTo(40));
  });
});

describe('records as JSON over UDP', () => {
  it('arrive as one object a datagram, without anything else in it', async () => {
    const port = await freePort();
    using socket = await bindSocket(port);
    const sending = await startExporter({ protocol: 'udp', host: '127.0.0.1', port }, json);
    sending.exporter.send(records(1, 20));
    await until('the records', () => socket.datagrams.filter((text) => text !== '').length === 20);
    const lines = socket.datagrams.filter((text) => text !== '');
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(lines.map(numberOf)).toEqual(upTo(20));
    await sending[Symbol.asyncDispose]();
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: 20, sent: 20, dropped: {}, held: 0 });
  });

  it('wait until a collector is there: an empty datagram finds out, so no record is lost', async () => {
    const port = await freePort();
    await using sending = await startExporter({ protocol: 'udp', host: '127.0.0.1', port }, json);
    sending.exporter.send(records(1, 20));
    await until('a refusal', () => sending.lines.some((line) => line.includes('no connection')));
    expect(sending.exporter.account.sent).toBe(0);
    using socket = await bindSocket(port);
    await until('the records', () => socket.datagrams.filter((text) => text !== '').length === 20);
    expect(sending.exporter.account.toJSON()).toMatchObject({ sent: 20, dropped: {}, events: {}, held: 0 });
  });

  it('are dropped and counted when they exceed a datagram', async () => {
    const port = await freePort();
    using socket = await bindSocket(port);
    await using sending = await startExporter({ protocol: 'udp', host: '127.0.0.1', port }, json);
    const large = { ...completeRecord('aggregated', 4, 1), sourcePodLabels: 'x'.repeat(65_000) };
    sending.exporter.send(batchOf([large, completeRecord('aggregated', 4, 2)]));
    await until('the other record', () => socket.datagrams.some((text) => text !== ''));
    expect(sending.exporter.account.toJSON()).toMatchObject({ dropped: { 'too large': 1 } });
  });
});
