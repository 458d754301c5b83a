import { createSocket } from 'node:dgram';
import { describe, expect, it, onTestFinished } from 'vitest';
import { batchOf, type FlowRecord } from '../../../src/flow/index.ts';
import { FlowTemplates } from '../../../src/ipfix/flow-mapping.ts';
import { createTemplate, elementNamed, type MessageWriter } from '../../../src/ipfix/index.ts';
import { dial, message, startCollector } from '../../support/ipfix.ts';
import * as raw from '../../support/ipfix-octets.ts';
import { until } from '../../support/until.ts';

const { template, writer } = new FlowTemplates('agent').get(256);
const announce = (into: MessageWriter) => into.writeTemplate(template);
const records = (first: number, count: number) => (into: MessageWriter) => {
  const rows = Array.from(
    { length: count },
    (_, i): FlowRecord => ({ sourceIP: '10.0.0.1', flowId: first + i }),
  );
  into.writeRows(writer, batchOf(rows), 0, count);
};

/** Counts turns of the event loop until the test ends. */
function countTurns(): () => number {
  let turns = 0;
  let isOver = false;
  const next = () => {
    turns++;
    if (!isOver) setImmediate(next);
  };
  next();
  onTestFinished(() => {
    isOver = true;
  });
  return () => turns;
}

/** Takes longer than a turn may. */
function work(): void {
  const end = performance.now() + 11;
  while (performance.now() < end);
}

/** A collector for which each batch of 100 rows is hard work. It notes flow ids and turns. */
async function startSlowly(protocol: 'tcp' | 'udp') {
  const turn = countTurns();
  const ids: number[] = [];
  const turns: number[] = [];
  const receiving = await startCollector({
    listen: [{ protocol, host: '127.0.0.1', port: 0 }],
    batchRows: 100,
    onBatch: (batch) => {
      work();
      for (let i = 0; i < batch.length; i++) ids.push(batch.columns.flowId[i]!);
      turns.push(turn());
    },
    onRecord: () => {
      if (turns.push(turn()) % 64 === 0) work();
    },
  });
  return { receiving, ids, turns };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('a message with much work', () => {
  it('takes a turn for each batch, and the messages after it wait for it', async () => {
    const { receiving, ids, turns } = await startSlowly('tcp');
    await using _ = receiving;
    const one = await dial(receiving.address);
    const other = await dial(receiving.address);
    one.write(Buffer.concat([message({}, announce), message({}, records(1, 250))]));
    one.write(message({ sequenceNumber: 250 }, records(251, 20)));
    other.end(Buffer.concat([message({}, announce), message({}, records(1_001, 3))]));
    await until('all records', () => ids.length === 273);
    expect(ids.filter((id) => id < 1_000)).toEqual(upTo(270));
    expect(new Set(turns).size).toBe(turns.length);
    expect(receiving.collector.messages.toJSON()).toMatchObject({ received: 5, sent: 5, closed: true });
    expect(receiving.collector.records.toJSON()).toMatchObject({ received: 273, sent: 273, closed: true });
    expect(receiving.collector.exporters().map(({ lost }) => lost)).not.toContain(1);
    one.destroy();
  });

  it('takes turns also when the message before it had the same template', async () => {
    const { receiving, ids, turns } = await startSlowly('tcp');
    await using _ = receiving;
    const socket = await dial(receiving.address);
    const [first, second, third] = [records(1, 250), records(251, 250), records(501, 20)];
    const further = [message({ sequenceNumber: 250 }, second), message({ sequenceNumber: 500 }, third)];
    socket.end(Buffer.concat([message({}, announce), message({}, first), ...further]));
    await until('all records', () => ids.length === 520);
    expect(ids).toEqual(upTo(520));
    expect(new Set(turns).size).toBe(turns.length);
    const { messages, records: account } = receiving.collector;
    expect(messages.toJSON()).toMatchObject({ received: 4, sent: 4, closed: true });
    expect(account.toJSON()).toMatchObject({ received: 520, sent: 520, closed: true });
    expect(account.events.get('lost upstream')).toBeUndefined();
  });

  it('is read to its end when its connection ends in the middle', async () => {
    const { receiving, ids } = await startSlowly('tcp');
    await using _ = receiving;
    const socket = await dial(receiving.address);
    socket.write(Buffer.concat([message({}, announce), message({}, records(1, 250))]));
    await until('the first batch', () => ids.length > 0);
    socket.resetAndDestroy();
    await until('the end of the session', () => receiving.collector.sessions === 0);
    await until('all records', () => ids.length === 250);
    expect(receiving.collector.records.toJSON()).toMatchObject({ received: 250, sent: 250, closed: true });
  });

  it('is read to its end when its connection ends and the collector stops', async () => {
    const { receiving, ids } = await startSlowly('tcp');
    const socket = await dial(receiving.address);
    socket.end(Buffer.concat([message({}, announce), message({}, records(1, 350))]));
    await until('the first batch', () => ids.length > 0);
    await receiving.collector.stop(10_000);
    expect(ids).toEqual(upTo(350));
    expect(receiving.collector.records.toJSON()).toMatchObject({ received: 350, sent: 350, closed: true });
  });

  it('over UDP takes turns as well, also for sets that waited for their template, and in a stop', async () => {
    const { receiving, ids, turns } = await startSlowly('udp');
    const socket = createSocket('udp4');
    const send = (octets: Uint8Array) =>
      new Promise<void>((resolve) =>
        socket.send(octets, receiving.address.port, receiving.address.host, () => resolve()),
      );
    await send(message({}, records(1, 250)));
    await send(message({ sequenceNumber: 250 }, records(251, 250)));
    await until('both', () => receiving.collector.messages.received === 2);
    await send(message({ sequenceNumber: 500 }, announce));
    await until('the template', () => receiving.collector.messages.received === 3);
    await receiving.collector.stop(10_000);
    expect(ids).toEqual(upTo(500));
    expect(new Set(turns).size).toBe(turns.length);
    expect(receiving.collector.records.toJSON()).toMatchObject({ received: 500, sent: 500, closed: true });
    expect(receiving.collector.records.events.get('lost upstream')).toBeUndefined();
    socket.close();
  });

  it('of other records than flows takes turns as well', async () => {
    const { receiving, turns } = await startSlowly('tcp');
    await using _ = receiving;
    const options = createTemplate(300, [{ element: elementNamed('exportingProcessId')! }], 1);
    const socket = await dial(receiving.address);
    const fill = (into: MessageWriter) => {
      into.writeTemplate(options);
      for (let n = 0; n < 256; n++) into.writeRecord({ template: options, values: [n] });
    };
    socket.end(message({}, fill));
    await until('all records', () => receiving.collector.records.sent === 256);
    expect(new Set(turns).size).toBe(4);
    expect(receiving.collector.records.toJSON()).toMatchObject({ received: 256, closed: true });
  });
});

it('of one message over UDP, 64 sets wait for their template at most', async () => {
  await using receiving = await startCollector({ listen: [{ protocol: 'udp', host: '127.0.0.1', port: 0 }] });
  const socket = createSocket('udp4');
  const { port, host } = receiving.address;
  const sets = Array.from({ length: 100 }, (_, n) => raw.set(300, [10, 0, 0, n]));
  for (const octets of [raw.message(...sets), raw.message(raw.set(2, raw.template(300, [8, 4])))]) {
    await new Promise<void>((resolve) => socket.send(octets, port, host, () => resolve()));
  }
  await until('the template', () => receiving.collector.messages.received === 2);
  await until('the sets', () => receiving.flows.length > 0);
  expect(receiving.flows).toHaveLength(64);
  socket.close();
});
