import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../../src/flow/index.ts';
import type { ListenAddress } from '../../../src/ipfix/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { completeRecord, startExporter } from '../../support/ipfix.ts';
import { until } from '../../support/until.ts';

const flow = (): FlowRecord => completeRecord('agent', 4);
const flow6 = (): FlowRecord => completeRecord('agent', 6);
/** One that has no connection's number, for which there is a template of its own. */
function unnumbered(): FlowRecord {
  const { flowId: _, ...rest } = flow();
  return rest as FlowRecord;
}

/** A set of templates, and the ids of Weir's first two templates, as the headers of sets have them. */
const TEMPLATES = 2;
const V4 = 256;
const V6 = 257;

/** The ids of a message's sets, by their headers: id (2) | length (2), after the message's 16 octets. */
function setsOf(message: Buffer): number[] {
  const ids: number[] = [];
  for (let at = 16; at < message.length; at += message.readUInt16BE(at + 2)) {
    ids.push(message.readUInt16BE(at));
  }
  return ids;
}

/** Keeps what comes as it came: for each message its sets. */
async function plainReceiver(): Promise<
  { address: ListenAddress; sets: number[][]; data: () => number[][] } & Disposable
> {
  const sets: number[][] = [];
  const socket = createSocket('udp4', (message) => sets.push(setsOf(message)));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: { protocol: 'udp', host: '127.0.0.1', port: socket.address().port },
    sets,
    data: () => sets.filter(([id]) => id !== TEMPLATES),
    [Symbol.dispose]: () => socket.close(),
  };
}

describe('a message', () => {
  it('has one set over UDP: a template, or the records of one template', async () => {
    using receiver = await plainReceiver();
    await using sending = await startExporter(receiver.address);
    sending.exporter.send(batchOf([flow(), flow6(), flow(), flow6(), unnumbered()]));
    await until('the records of each template', () => receiver.data().length === 3);
    expect(receiver.sets.filter((ids) => ids.length !== 1)).toEqual([]);
    expect(receiver.sets.filter(([id]) => id === TEMPLATES)).toHaveLength(3);
    expect(receiver.data().flat()).toEqual([V4, V6, expect.any(Number)]);
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: 5, sent: 5, closed: true });
  });

  it('has one set over TCP, and continues with the template of the previous message', async () => {
    let stream = Buffer.alloc(0);
    const server = createServer((socket) =>
      socket.on('data', (octets) => {
        stream = Buffer.concat([stream, octets]);
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { exporter } = await startExporter(
      { protocol: 'tcp', host: '127.0.0.1', port },
      { flushIntervalMs: 60_000 },
    );
    for (let i = 0; i < 3; i++) exporter.send(batchOf([flow(), flow6()]));
    await exporter.stop(5_000);
    await new Promise((resolve) => server.close(resolve));
    const messages: number[][] = [];
    while (stream.length > 0) {
      const length = stream.readUInt16BE(2);
      messages.push(setsOf(stream.subarray(0, length)));
      stream = stream.subarray(length);
    }
    expect(messages).toEqual([[TEMPLATES], [TEMPLATES], [V4], [V6], [V4], [V6]]);
  });
});

describe('over UDP', () => {
  it('a template, even a new one, precedes its first records by some time', async () => {
    const clock = new FakeClock();
    using receiver = await plainReceiver();
    await using sending = await startExporter(receiver.address, { clock });
    sending.exporter.send(batchOf([flow()]));
    await until('the first templates', () => receiver.sets.length === 2);
    clock.advance(99);
    expect(sending.exporter.isConnected).toBe(false);
    clock.advance(1);
    await until('the first record', () => receiver.data().length === 1);
    expect(sending.exporter.isConnected).toBe(true);
    sending.exporter.send(batchOf([unnumbered()]));
    sending.exporter.send(batchOf([flow()]));
    await until('its template', () => receiver.sets.filter(([id]) => id === TEMPLATES).length === 3);
    clock.advance(99);
    expect(sending.exporter.account).toMatchObject({ sent: 1, held: 2 });
    clock.advance(1);
    await until('the other records', () => receiver.data().length === 3);
    expect(sending.exporter.account).toMatchObject({ sent: 3, held: 0 });
    sending.exporter.stop(1);
    clock.advance(2);
  });

  it('templates are sent again soon after a session starts, and then at each interval', async () => {
    const clock = new FakeClock();
    using receiver = await plainReceiver();
    const templateRefresh = { everyMs: 60_000 };
    await using sending = await startExporter(receiver.address, { clock, templateRefresh });
    const seen = (count: number) => until(`${count} templates`, () => receiver.sets.length === count);
    await seen(2);
    clock.advance(1_000);
    await seen(4);
    clock.advance(9_000);
    await seen(6);
    clock.advance(50_000);
    await seen(8);
    clock.advance(60_000);
    await seen(10);
    sending.exporter.stop(1);
    clock.advance(2);
  });

  it('templates are sent again after a number of messages', async () => {
    const clock = new FakeClock();
    using receiver = await plainReceiver();
    const templateRefresh = { everyMessages: 3 };
    await using sending = await startExporter(receiver.address, { clock, templateRefresh });
    await until('the templates', () => receiver.sets.length === 2);
    clock.advance(100);
    for (let i = 0; i < 7; i++) sending.exporter.send(batchOf([flow()]));
    await until('the records', () => receiver.data().length === 7);
    expect(receiver.sets.map(([id]) => id)).toEqual(
      [[2, 2], Array(3).fill(V4), [2, 2], Array(3).fill(V4), [2, 2], [V4]].flat(),
    );
    sending.exporter.stop(1);
    clock.advance(2);
  });
});
