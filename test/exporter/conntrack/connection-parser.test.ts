import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ConnectionBatch,
  ConnectionParser,
  ConnectionStatus,
  RowKind,
} from '../../../src/exporter/conntrack/index.ts';
import { MessageBuilder, MessageCursor } from '../../../src/exporter/netlink/index.ts';
import { type ConnectionRow, connectionRow, connectionRows } from '../../support/connection-row.ts';

const lines = readFileSync(new URL('../../vectors/conntrack-dump.hex', import.meta.url), 'utf8').split('\n');
const captured = lines
  .filter((line) => /^[0-9a-f]+$/.test(line))
  .map((line) => new Uint8Array(Buffer.from(line, 'hex')));
const printed = lines.filter((line) => line.startsWith('# ipv'));

/** Parses all messages of the datagrams into one batch. */
function parsed(...datagrams: Uint8Array[]) {
  const parser = new ConnectionParser();
  const batch = newBatch();
  const message = new MessageCursor();
  for (const datagram of datagrams) {
    message.open(datagram, datagram.length);
    while (message.next() && !batch.isFull) parser.parse(message, RowKind.dump, batch);
  }
  return { parser, batch, message };
}

const newBatch = () => new ConnectionBatch(new ArrayBuffer(ConnectionBatch.octets)).empty();

describe('ConnectionParser', () => {
  it('reads the same from captured messages as the conntrack tool prints', () => {
    const { parser, batch } = parsed(...captured);
    expect([batch.rows, parser.malformed]).toEqual([5, 0]);
    expect(connectionRows(batch).map(asPrinted)).toEqual(printed.map(fieldsPrinted));
    for (const { startTimeMs, stopTimeMs } of connectionRows(batch)) {
      expect(new Date(startTimeMs).toISOString()).toMatch(/^2026-11-22T08:4/);
      expect(startTimeMs % 1).not.toBe(0);
      expect(stopTimeMs).toBe(Number.NaN);
    }
  });

  it('reads several messages from one datagram', () => {
    const { batch, parser } = parsed(Buffer.concat(captured));
    expect([batch.rows, parser.malformed]).toEqual([captured.length, 0]);
  });

  it('clears the row that was there before', () => {
    const { batch } = parsed(captured[3]!);
    const again = new ConnectionBatch(batch.buffer).empty();
    const parser = new ConnectionParser();
    parser.parse(opened(bareTuple()), RowKind.new, again);
    expect(connectionRow(again, 0)).toEqual({
      ...{
        kind: RowKind.new,
        family: 2,
        protocol: 0,
        tcpState: 0,
        zone: 0,
        id: 0,
        status: 0,
        mark: 0,
        timeoutSeconds: 0,
      },
      original: { source: '10.0.0.1', destination: '::', ports: [0, 0], icmp: [0, 0, 0] },
      reply: { source: '::', destination: '::', ports: [0, 0], icmp: [0, 0, 0] },
      ...{
        packets: [Number.NaN, Number.NaN],
        octets: [Number.NaN, Number.NaN],
        startTimeMs: Number.NaN,
        stopTimeMs: Number.NaN,
      },
    });
  });

  it('distinguishes counters of zero from no counters', () => {
    const zero = bareTuple((builder) => {
      builder.nest(9, (counters) => counters.u64(1, 0n).u64(2, 0n));
    });
    const { batch } = parsed(zero, bareTuple());
    expect([...batch.originalPackets.subarray(0, 2)]).toEqual([0, Number.NaN]);
    expect([...batch.originalOctets.subarray(0, 2)]).toEqual([0, Number.NaN]);
  });

  it('keeps counters beyond 2^32 exactly', () => {
    const large = bareTuple((builder) => {
      builder.nest(10, (counters) => counters.u64(1, 2n ** 32n + 1n).u64(2, 2n ** 53n - 1n));
    });
    const { batch } = parsed(large);
    expect([batch.replyPackets[0], batch.replyOctets[0]]).toEqual([2 ** 32 + 1, 2 ** 53 - 1]);
  });

  it('distinguishes a TCP connection seen from its first packet, one seen midway, and one with only a state', () => {
    const tcp = (...flags: number[]) =>
      bareTuple((builder) => {
        builder.nest(4, (info) =>
          info.nest(1, (state) => {
            state.u8(1, 3);
            for (const bits of flags) state.u16(4, (bits << 8) | 0x3f);
          }),
        );
      });
    const { batch } = parsed(tcp(0x23), tcp(0x2b), tcp());
    const isSeen = [...batch.status.subarray(0, 3)].map(
      (bits) => (bits & ConnectionStatus.openingSeen) !== 0,
    );
    expect(isSeen).toEqual([true, false, false]);
    expect([...batch.tcpState.subarray(0, 3)]).toEqual([3, 3, 3]);
  });

  it('finds the zone in a tuple, where it stands if it applies to one direction only', () => {
    const message = new MessageBuilder()
      .message(0x0100, 0, 1, 2)
      .nest(1, (tuple) => tuple.u16(3, 65_520))
      .finish();
    expect(parsed(message).batch.zone[0]).toBe(65_520);
  });

  it('counts a message without an original tuple as malformed', () => {
    const { batch, parser } = parsed(new MessageBuilder().message(0x0100, 0, 1, 2).u32(3, 1).finish());
    expect([batch.rows, parser.malformed]).toEqual([0, 1]);
  });

  it('returns a row or counts it as malformed, and never throws, when cut at any length', () => {
    for (const whole of captured) {
      for (let length = 16; length < whole.length; length++) {
        const cut = whole.slice(0, length);
        new DataView(cut.buffer).setUint32(0, length, true);
        const { batch, parser } = parsed(cut);
        expect(batch.rows + parser.malformed, `cut at ${length}`).toBe(1);
      }
    }
  });

  it('passes nothing from a malformed message to the row after it', () => {
    const broken = captured[4]!.slice();
    new DataView(broken.buffer).setUint16(broken.length - 16, 200, true);
    const { batch, parser } = parsed(broken, bareTuple());
    expect(parser.malformed).toBe(1);
    expect(connectionRows(batch)).toEqual(connectionRows(parsed(bareTuple()).batch));
  });

  it('withstands any change of any octet', () => {
    const changes = fc.record({
      which: fc.nat({ max: captured.length - 1 }),
      at: fc.nat({ max: 400 }),
      octet: fc.integer({ min: 0, max: 255 }),
    });
    fc.assert(
      fc.property(fc.array(changes, { minLength: 1, maxLength: 8 }), (all) => {
        const bytes = captured[all[0]!.which]!.slice();
        for (const { at, octet } of all) if (at < bytes.length) bytes[at] = octet;
        const { batch, parser, message } = parsed(bytes);
        expect(batch.rows + parser.malformed + Number(message.malformed)).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('withstands random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 600 }), (bytes) => {
        new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, bytes.length, true);
        const { batch, parser } = parsed(bytes);
        expect(batch.rows + parser.malformed).toBe(1);
      }),
      { numRuns: 2_000 },
    );
  });
});

function bareTuple(more: (builder: MessageBuilder) => void = () => {}): Uint8Array {
  const builder = new MessageBuilder().message(0x0100, 0, 1, 2);
  builder.nest(1, (tuple) => tuple.nest(1, (ip) => ip.u32(1, 0x0a000001)));
  more(builder);
  return builder.finish().slice();
}

function opened(bytes: Uint8Array): MessageCursor {
  const message = new MessageCursor().open(bytes, bytes.length);
  message.next();
  return message;
}

/** A row in the words of the conntrack tool: one list of fields in the order of its line. */
function asPrinted(row: ConnectionRow): string[] {
  const isIcmp = row.protocol === 1 || row.protocol === 58;
  const side = (tuple: ConnectionRow['original'], index: 0 | 1) => [
    `src=${tuple.source}`,
    `dst=${tuple.destination}`,
    ...(isIcmp
      ? [`type=${tuple.icmp[0]}`, `code=${tuple.icmp[1]}`, `id=${tuple.icmp[2]}`]
      : [`sport=${tuple.ports[0]}`, `dport=${tuple.ports[1]}`]),
    `packets=${row.packets[index]}`,
    `bytes=${row.octets[index]}`,
  ];
  const has = (bit: number) => (row.status & bit) !== 0;
  return [
    ...[row.family, row.protocol, row.timeoutSeconds].map(String),
    ...(row.tcpState === 7 ? ['TIME_WAIT'] : []),
    ...side(row.original, 0),
    ...(has(ConnectionStatus.seenReply) ? [] : ['[UNREPLIED]']),
    ...side(row.reply, 1),
    ...(has(ConnectionStatus.assured) ? ['[ASSURED]'] : []),
    `mark=${row.mark}`,
    ...(row.zone === 0 ? [] : [`zone=${row.zone}`]),
    `id=${row.id}`,
  ];
}

/** The tool's line without the protocol names and without what a row does not keep. */
function fieldsPrinted(line: string): string[] {
  const [, , family, , protocol, ...rest] = line.split(/ +/);
  return [family!, protocol!, ...rest].filter((field) => !/^(delta-time|use)=|^NONE$/.test(field));
}
