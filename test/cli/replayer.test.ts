import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readRecordedFile } from '../../src/cli/recorded-file.ts';
import { RecordedMessage } from '../../src/cli/recorded-message.ts';
import { ReplayPace } from '../../src/cli/replay-pace.ts';
import { type Refusal, Replayer } from '../../src/cli/replayer.ts';
import { TemplateWindow } from '../../src/cli/template-window.ts';
import {
  type AvailableTransport,
  availableTransports,
  MessageSessions,
  TemplateStore,
} from '../../src/ipfix/index.ts';
import { systemClock } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { Collected } from '../support/ipfix-collected.ts';
import { set, u32 } from '../support/ipfix-octets.ts';
import { loopbackEnd } from '../support/loopback-tls.ts';
import { v5, v5Record, v9, v9Template } from '../support/netflow-octets.ts';
import { PlainCollector } from '../support/plain-collector.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { concat, ipfixMessage, pcap, udp } from './capture/capture-builder.ts';

const never = new Promise<void>(() => {});

/** Replays the octets of a file to a collector over a transport, and waits for so many records. */
async function replay(
  octets: Uint8Array,
  {
    protocol = 'tcp',
    count,
    maxSessions,
  }: { protocol?: AvailableTransport; count: number; maxSessions?: number },
) {
  using directory = new TemporaryDirectory();
  const file = directory.file('recorded');
  writeFileSync(file, octets);
  await using receiving = await PlainCollector.start(protocol);
  const end = loopbackEnd();
  end.start();
  const refusals: Refusal[] = [];
  const replayer = new Replayer({
    sessions: new MessageSessions(receiving.address, end, systemClock),
    pace: new ReplayPace(systemClock, Number.POSITIVE_INFINITY),
    clock: systemClock,
    stop: never,
    onRefused: (refusal) => refusals.push(refusal),
    ...(maxSessions === undefined ? {} : { maxSessions }),
  });
  await replayer.replay(readRecordedFile(file));
  end.stop();
  const { records, process } = receiving;
  await until('the records', () => records.length >= count);
  const { totals, isComplete } = replayer;
  return {
    records,
    octets: receiving.octets,
    totals,
    isComplete,
    refusals,
    events: process.records.toJSON().events,
  };
}

const messages = [ipfixMessage(0, [1, 2]), ipfixMessage(2, [3]), ipfixMessage(3, [4, 5])];

describe.each(availableTransports)('messages replayed over %s', (protocol) => {
  it('arrive with every record and with their sequence numbers', async () => {
    const result = await replay(concat(...messages), { protocol, count: 5 });
    expect(result.octets).toEqual([1, 2, 3, 4, 5]);
    expect(result.records.map(({ sequenceNumber }) => sequenceNumber)).toEqual([0, 0, 2, 3, 3]);
    expect(result).toMatchObject({
      totals: { messages: 3, records: 5, refused: {} },
      isComplete: true,
      events: {},
    });
  });

  it('follow the templates that come after them in the file', async () => {
    const late = [ipfixMessage(2, [3]), ipfixMessage(3, [4]), ipfixMessage(4, [5], true)];
    const result = await replay(concat(...late), { protocol, count: 3 });
    expect(result.octets).toEqual([3, 4, 5]);
    expect(result).toMatchObject({ totals: { messages: 3, records: 3 }, isComplete: true, events: {} });
  });
});

describe('a replay', () => {
  it('has a session for each recorded one, so that equal template ids stay apart', async () => {
    const other = ipfixMessage(0, [70, 80]);
    const packets = [
      udp(messages[0]!, 4739, 40_001),
      udp(other, 4739, 40_002),
      udp(messages[1]!, 4739, 40_001),
    ];
    const result = await replay(pcap(packets), { count: 5 });
    const byExporter = Object.groupBy(result.records, ({ exporter }) => exporter);
    const counts = Object.values(byExporter).map((got) => got!.map(({ fields }) => fields.octetDeltaCount));
    expect(counts.sort((one, two) => Number(one[0]) - Number(two[0]))).toEqual([
      [1, 2, 3],
      [70, 80],
    ]);
    expect(result.totals).toMatchObject({ messages: 3, records: 5 });
  });

  it('announces templates again when a session was closed in between for too many', async () => {
    const packets = [
      udp(messages[0]!, 4739, 40_001),
      udp(ipfixMessage(0, [70]), 4739, 40_002),
      udp(messages[1]!, 4739, 40_001),
    ];
    const result = await replay(pcap(packets), { count: 4, maxSessions: 1 });
    expect(result.octets.sort()).toEqual([1, 2, 3, 70]);
    expect(result).toMatchObject({ totals: { messages: 3, records: 4 }, isComplete: true });
  });

  it('repeats templates over UDP when the recording has them once', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const received: Uint8Array[] = [];
    socket.on('message', (message) => received.push(message));
    const clock = new FakeClock();
    const session = {
      exporter: undefined,
      transport: 'file',
      exportProtocol: 'ipfix',
      templates: new TemplateStore(),
    } as const;
    async function* recorded() {
      for (const octets of messages) {
        yield { session, packet: undefined, timeMs: undefined, octets };
        clock.advance(45_000);
      }
    }
    const replayer = new Replayer({
      sessions: new MessageSessions(
        { protocol: 'udp', host: '127.0.0.1', port: socket.address().port },
        loopbackEnd(),
        systemClock,
      ),
      pace: new ReplayPace(clock, Number.POSITIVE_INFINITY),
      clock,
      stop: never,
      onRefused: () => {},
    });
    await replayer.replay(recorded());
    await until('the messages', () => received.length === 4);
    socket.close();
    const [first, second, repeated, third] = received;
    expect([first, second, third].map((message) => new Uint8Array(message!))).toEqual(messages);
    const collected = new Collected().read(repeated!);
    expect(collected.templates).toHaveLength(1);
    expect(collected.headers).toMatchObject([{ sequenceNumber: 3, domain: 1 }]);
    expect(replayer.totals).toMatchObject({ messages: 3, records: 5 });
  });

  it('refuses a message that is too large for a datagram, and sends the others', async () => {
    const large = ipfixMessage(2, Array(13_000).fill(7), false);
    const next = ipfixMessage(13_002, [3], false);
    const result = await replay(concat(messages[0]!, large, large, next), { protocol: 'udp', count: 3 });
    expect(result.octets).toEqual([1, 2, 3]);
    expect(result).toMatchObject({
      totals: { messages: 2, records: 3, refused: { 'message-too-large': 2 } },
      refusals: [
        { reason: 'message-too-large', text: expect.stringMatching(/^the message has 65020 octets/) },
      ],
      isComplete: false,
    });
  });

  it('sends and counts records whose template is nowhere in the file', async () => {
    const result = await replay(concat(ipfixMessage(3, [9])), { count: 0 });
    expect(result).toMatchObject({
      totals: { messages: 1, records: 0, withoutTemplates: 1, refused: {} },
      octets: [],
      isComplete: false,
    });
  });

  it('counts what it cannot send: a broken message, and what follows it', async () => {
    const broken = messages[1]!.slice();
    broken[19] = 200; // octets of the set, beyond the message
    const result = await replay(concat(messages[0]!, broken, [1, 2, 3, 4]), { count: 2 });
    expect(result).toMatchObject({
      totals: { messages: 1, records: 2, refused: { 'set-beyond-message': 1, 'message-header-invalid': 1 } },
      isComplete: false,
    });
  });

  it('sends NetFlow over UDP only', async () => {
    const packets = [
      v9({ count: 2, sequence: 4 }, v9Template(256, [1, 4]), set(256, u32(9))),
      v5({}, v5Record({ octets: 5 })),
    ].map((packet) => udp(packet, 2055));
    const overUdp = await replay(pcap(packets), { protocol: 'udp', count: 2 });
    expect(overUdp.octets.sort()).toEqual([5, 9]);
    expect(overUdp).toMatchObject({ totals: { messages: 2, records: 2 }, isComplete: true });
    const overTcp = await replay(pcap(packets), { protocol: 'tcp', count: 0 });
    expect(overTcp).toMatchObject({
      octets: [],
      totals: { messages: 0, refused: { 'needs-udp': 2 } },
      isComplete: false,
    });
  });
});

describe('the pace of a replay', () => {
  it('keeps the gaps of the recording, divided by the speed', async () => {
    const clock = new FakeClock();
    const pace = new ReplayPace(clock, 4);
    const sent: number[] = [];
    const startMs = clock.monotonic();
    const send = async () => {
      for (const recordedMs of [1_000, 5_000, 3_000, 9_000]) {
        await pace.until(recordedMs, never);
        sent.push(clock.monotonic() - startMs);
      }
    };
    const sending = send();
    for (let i = 0; i < 20; i++) {
      await new Promise(setImmediate);
      clock.advance(100);
    }
    await sending;
    expect(sent).toEqual([0, 1_000, 1_000, 2_000]);
  });

  it('waits longer than a timer can', async () => {
    const clock = new FakeClock();
    const pace = new ReplayPace(clock, 1);
    await pace.until(0, never);
    let isDue = false;
    const waiting = pace.until(30 * 86_400_000, never).then(() => {
      isDue = true;
    });
    for (let day = 1; day <= 30; day++) {
      await new Promise(setImmediate);
      expect(isDue).toBe(false);
      clock.advance(86_400_000);
    }
    await waiting;
  });

  it('ends a wait on request', async () => {
    const pace = new ReplayPace(new FakeClock(), 1);
    await pace.until(0, never);
    const stop = Promise.withResolvers<void>();
    const waiting = pace.until(60_000, stop.promise);
    stop.resolve();
    expect(await waiting).toBeUndefined();
  });
});

describe('messages that wait for a template', () => {
  it('take a bounded amount of memory', () => {
    const session = {
      exporter: undefined,
      transport: 'file',
      exportProtocol: 'ipfix',
      templates: new TemplateStore(),
    } as const;
    const window = new TemplateWindow();
    const large = ipfixMessage(3, Array(12_000).fill(1), false);
    const octetsMax = 16 * 1024 * 1024;
    let left = 0;
    for (let i = 0; i < 400; i++) {
      const message = new RecordedMessage({ session, packet: undefined, timeMs: undefined, octets: large });
      left += [...window.take(message)].length;
    }
    expect((400 - left) * large.length).toBeLessThanOrEqual(octetsMax);
    expect((400 - left) * large.length).toBeGreaterThan(octetsMax / 2);
    expect([...window.rest()]).toHaveLength(400 - left);
  });
});
