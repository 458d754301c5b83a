import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type CapturedSession, readIpfixFile } from '../../../src/cli/capture/index.ts';
import { readExportedSets, readRecords } from '../../../src/ipfix/index.ts';
import { set, u32 } from '../../support/ipfix-octets.ts';
import { v5, v5Record, v9, v9Template } from '../../support/netflow-octets.ts';
import { ethernet, flowSample, ipv4, rawHeader, sflow } from '../../support/sflow-octets.ts';
import { concat, fragmented, ipfixMessage, ipv6, links, pcap, pcapng, tcp, udp } from './capture-builder.ts';

const directory = mkdtempSync(join(tmpdir(), 'weir-capture-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** When each message was captured, in milliseconds since 1970. */
async function timesOf(octets: Uint8Array) {
  const path = join(directory, 'file');
  writeFileSync(path, octets);
  const times: unknown[] = [];
  for await (const item of readIpfixFile(path)) if ('timeMs' in item) times.push(item.timeMs);
  return times;
}

/** The octet counts of all records, the exporters, and the reasons of what could not be read. */
async function read(octets: Uint8Array) {
  const path = join(directory, 'file');
  writeFileSync(path, octets);
  const found = {
    octets: [] as unknown[],
    exporters: new Set<string | undefined>(),
    faults: [] as string[],
    undecoded: [] as string[],
  };
  for await (const item of readIpfixFile(path)) {
    if ('undecoded' in item) {
      found.undecoded.push(item.undecoded);
      continue;
    }
    if ('reason' in item) {
      found.faults.push(item.reason);
      continue;
    }
    const { templates, exporter, exportProtocol } = item.session;
    const error = ({ reason }: { reason: string }) => found.faults.push(reason);
    found.exporters.add(exporter);
    for (const dataSet of readExportedSets(exportProtocol, item.octets, templates, { error })) {
      for (const { values } of readRecords(dataSet, templates, error)) found.octets.push(values[1]);
    }
  }
  return { ...found, exporters: [...found.exporters] };
}

const messages = [ipfixMessage(0, [1, 2]), ipfixMessage(2, [3]), ipfixMessage(3, [4, 5])];
const all = { octets: [1, 2, 3, 4, 5], faults: [] };
const stream = concat(...messages);
const START = 0xffff_fff0; // sequence numbers wrap on the way
const syn = tcp({ sequence: START, flags: 2 });
/** A piece of the stream as a segment. */
const piece = (from: number, to: number, flags = 0) =>
  tcp({ sequence: START + 1 + from, payload: stream.subarray(from, to), flags });

describe('IPFIX in captures', () => {
  const kinds = Object.entries(links);

  it.each(kinds)('is read from UDP over %s links', async (_, link) => {
    const packets = messages.map((message) => udp(message));
    expect(await read(pcap(packets, link))).toMatchObject({ ...all, exporters: ['192.0.2.1:40000'] });
    expect(await read(pcap(packets, link, false))).toMatchObject(all);
    expect(await read(pcapng(packets, link))).toMatchObject(all);
    expect(await read(pcapng(packets, link, false))).toMatchObject(all);
  });

  it('has the times of its packets, in any unit and byte order', async () => {
    const packets = messages.map((message) => udp(message));
    const timesUs = [1_700_000_000_250_000, 1_700_000_001_000_500, 1_700_000_002_000_000];
    const timesMs = timesUs.map((timeUs) => timeUs / 1_000);
    const microseconds = timesUs.map(BigInt);
    const nanoseconds = microseconds.map((time) => time * 1_000n);
    for (const little of [true, false]) {
      expect(await timesOf(pcap(packets, links.raw, little, timesUs))).toEqual(timesMs);
      const inMicroseconds = pcapng(packets, links.raw, little, { times: microseconds });
      expect(await timesOf(inMicroseconds)).toEqual(timesMs);
      const inNanoseconds = pcapng(packets, links.raw, little, { times: nanoseconds, resolution: 9 });
      expect((await timesOf(inNanoseconds)).map((time) => Math.round(Number(time) * 10) / 10)).toEqual(
        timesMs,
      );
    }
    expect(await timesOf(stream)).toEqual([undefined, undefined, undefined]);
  });

  it('is read from IPv6 behind extension headers', async () => {
    const packets = messages.map((message) => ipv6(udp(message)));
    expect(await read(pcap(packets))).toMatchObject({ ...all, exporters: ['[2001:db8::1]:40000'] });
  });

  it('is reassembled from fragments in any order', async () => {
    const pieces = fragmented(udp(messages[0]!), 16);
    expect(pieces.length).toBeGreaterThan(3);
    expect(await read(pcap(pieces))).toMatchObject({ octets: [1, 2], faults: [] });
    expect(await read(pcap([pieces[1]!, ...pieces.toReversed()]))).toMatchObject({
      octets: [1, 2],
      faults: [],
    });
    expect(await read(pcap(pieces.slice(1)))).toMatchObject({ octets: [], faults: ['ip-fragments-missing'] });
  });

  it('is recognised on any port by its header; other datagrams are ignored', async () => {
    const packets = [udp(messages[0]!, 9995), udp(concat([1, 2, 3]), 53), udp(messages[1]!, 9995)];
    expect(await read(pcap(packets))).toMatchObject({ octets: [1, 2, 3], faults: [] });
  });

  it("is a fault if a datagram on IPFIX's port is something else", async () => {
    expect(await read(pcap([udp(concat([0, 8, 0, 20], Array(16).fill(0)))]))).toMatchObject({
      faults: ['version-not-ipfix'],
    });
  });

  it('excludes the padding of short Ethernet frames', async () => {
    const padded = concat(udp(messages[0]!), Array(18).fill(0));
    expect(await read(pcap([padded]))).toMatchObject({ octets: [1, 2], faults: [] });
  });
});

describe('IPFIX in TCP streams', () => {
  const third = Math.floor(stream.length / 3);

  it('is reassembled from segments that cut messages anywhere', async () => {
    for (let cut = 1; cut < stream.length; cut++) {
      expect(
        await read(pcap([syn, piece(0, cut), piece(cut, stream.length, 1)])),
        `cut at ${cut}`,
      ).toMatchObject(all);
    }
  });

  it('is reassembled from reordered, repeated and overlapping segments', async () => {
    const packets = [
      syn,
      piece(2 * third, stream.length),
      piece(0, third),
      piece(0, third),
      piece(third - 7, 2 * third + 5),
      piece(third, 2 * third),
    ];
    expect(await read(pcap(packets))).toMatchObject(all);
  });

  it('goes on with the next message after missing octets', async () => {
    const [first] = messages as [Uint8Array];
    const lastStart = stream.length - messages[2]!.length;
    const packets = [syn, piece(0, first.length + 3), piece(lastStart, stream.length)];
    expect(await read(pcap(packets))).toMatchObject({ octets: [1, 2, 4, 5], faults: ['tcp-octets-missing'] });
  });

  it('is reported when the stream ends within a message', async () => {
    expect(await read(pcap([syn, piece(0, stream.length - 1, 1)]))).toMatchObject({
      octets: [1, 2, 3],
      faults: ['message-truncated'],
    });
  });

  it('begins a new session without the old templates when the ports are reused', async () => {
    const again = tcp({ sequence: 500, flags: 2 });
    const late = tcp({ sequence: 501, payload: messages[1]! });
    expect(await read(pcap([syn, piece(0, stream.length), again, late]))).toMatchObject({
      faults: ['template-unknown'],
    });
  });
});

describe('files of messages', () => {
  it('are read as a sequence of messages, as RFC 5655 defines', async () => {
    expect(await read(stream)).toMatchObject({ ...all, exporters: [undefined] });
  });

  it('are read up to their truncation', async () => {
    expect(await read(stream.subarray(0, -1))).toMatchObject({
      octets: [1, 2, 3],
      faults: ['message-truncated'],
    });
    expect(await read(concat(stream, [7, 7, 7, 7]))).toMatchObject({ faults: ['message-header-invalid'] });
  });
});

describe('broken files', () => {
  it('give a fault wherever a capture is truncated, and never throw', async () => {
    for (const whole of [pcap([udp(messages[0]!)]), pcapng([udp(messages[0]!)])]) {
      for (let length = 4; length < whole.length; length++) {
        const { octets, faults } = await read(whole.subarray(0, length));
        expect(octets.length === 0 || faults.length === 0, `${length} octets`).toBe(true);
      }
    }
  });

  it('allocate no memory that only a header claims', async () => {
    const packet = pcap([udp(messages[0]!)]);
    new DataView(packet.buffer).setUint32(24 + 8, 0xffff_fff0, true);
    expect(await read(packet)).toMatchObject({ faults: ['packet-length-invalid'] });
    const block = pcapng([udp(messages[0]!)]);
    new DataView(block.buffer).setUint32(28 + 4, 0xffff_fff0, true);
    expect(await read(block)).toMatchObject({ faults: ['block-length-invalid'] });
  });

  it('are identified by their first octets', async () => {
    expect(await read(concat([0x7f, 0x45, 0x4c, 0x46]))).toMatchObject({ faults: ['file-format-unknown'] });
    expect(await read(new Uint8Array())).toMatchObject({ faults: ['file-format-unknown'] });
  });
});

describe('sFlow in captures', () => {
  const sample = flowSample({}, rawHeader(ethernet(0x0800, ipv4())));
  const agent = '20010db8000000000000000000000009';
  const sessionsOf = async (...packets: Uint8Array[]) => {
    const path = join(directory, 'file');
    writeFileSync(path, pcap(packets));
    const sessions: (CapturedSession | undefined)[] = [];
    for await (const item of readIpfixFile(path)) sessions.push('session' in item ? item.session : undefined);
    return sessions;
  };
  const protocols = async (...packets: Uint8Array[]) =>
    (await sessionsOf(...packets)).map((session) => session?.exportProtocol);

  it('is recognised on any port if its samples fit its length, and on its own port by its header', async () => {
    const packets = [
      udp(sflow({}, sample), 9_999),
      udp(sflow({ agent }, sample, sample), 9_999),
      udp(sflow({ count: 2 }, sample), 6_343),
      udp(sflow({})),
    ];
    expect(await protocols(...packets)).toEqual(Array(4).fill('sflow-v5'));
  });

  it('is not recognised in other datagrams with the same first octets', async () => {
    const whole = sflow({}, sample, sample);
    const packets = [
      udp(whole.subarray(0, -1), 53),
      udp(concat(whole, [0]), 53),
      udp(sflow({}), 53),
      udp(whole.subarray(0, 20), 53),
    ];
    expect(await protocols(...packets)).toEqual([]);
  });

  it('has a session for each agent', async () => {
    const packets = [sflow({}, sample), sflow({ agent }, sample), sflow({}, sample)];
    const [one, other, again] = await sessionsOf(...packets.map((packet) => udp(packet, 6_343)));
    expect(other).not.toBe(one);
    expect(again).toBe(one);
  });

  it('is recognised by its version in a file without datagrams', async () => {
    expect(await read(sflow({}, sample))).toMatchObject({ undecoded: ['sflow-v5'], faults: [] });
  });
});

describe('NetFlow in captures', () => {
  const v5Packet = v5({}, v5Record({ packets: 7 }), v5Record({ packets: 8 }));
  const v9Packet = v9({}, v9Template(256, [1, 4], [2, 4]), set(256, u32(1), u32(9)));
  const wrongPacket = v9({}, set(7, 1, 2, 3, 4));
  const v5Values = ['10.0.0.2', '10.0.0.2'];

  it('is read on any port if its header matches its contents', async () => {
    const packets = [udp(v5Packet, 53), udp(v9Packet, 53), udp(messages[0]!), udp(v9Packet, 2055)];
    expect(await read(pcap(packets))).toMatchObject({
      octets: [...v5Values, 9, 1, 2, 9],
      undecoded: [],
      faults: [],
    });
  });

  it('is not recognised in other datagrams with the same first octets', async () => {
    const packets = [v5Packet.subarray(1), v5Packet.subarray(0, -1), wrongPacket, v9Packet.subarray(0, 20)];
    expect(await read(pcap(packets.map((packet) => udp(packet, 53))))).toMatchObject({
      undecoded: [],
      faults: [],
      octets: [],
    });
  });

  it('is recognised by its version on the ports of flows, where its faults are reported', async () => {
    for (const port of [2055, 4739, 9995]) {
      const packets = [udp(wrongPacket, port), udp(v5Packet.subarray(0, -1), port)];
      expect(await read(pcap(packets))).toMatchObject({
        octets: ['10.0.0.2'],
        faults: ['set-id-reserved', 'record-truncated'],
      });
    }
    expect(await read(pcap([udp(messages[0]!, 2055), udp(concat([1, 2, 3, 4]), 2055)]))).toMatchObject({
      octets: [1, 2],
      faults: [],
    });
  });

  it('is reported, and not read, in streams and as a file, which do not say where a datagram ends', async () => {
    const segments = [syn, tcp({ sequence: START + 1, payload: v5Packet })];
    expect(await read(pcap(segments))).toMatchObject({ undecoded: ['netflow-v5'], octets: [], faults: [] });
    expect(await read(v9Packet)).toMatchObject({ undecoded: ['netflow-v9'], octets: [], faults: [] });
  });
});

describe('gzip files', () => {
  it.each([
    ['pcap', pcap(messages.map((message) => udp(message)))],
    ['pcapng', pcapng(messages.map((message) => udp(message)))],
    ['messages', stream],
  ])('are read as their contents: %s', async (_, octets) => {
    expect(await read(gzipSync(octets))).toMatchObject(all);
    const half = octets.length >> 1;
    const members = concat(gzipSync(octets.subarray(0, half)), gzipSync(octets.subarray(half)));
    expect(await read(members)).toMatchObject(all);
  });

  it('are read up to their damage', async () => {
    const packed = gzipSync(stream);
    expect(await read(packed.subarray(0, -4))).toMatchObject({
      octets: [1, 2, 3, 4, 5],
      faults: ['gzip-damaged'],
    });
    expect((await read(packed.subarray(0, 12))).faults).toContain('gzip-damaged');
  });
});

describe('expensive captures', () => {
  const COUNT = 60_000;

  it('cost one step per segment when a stream is far out of order', async () => {
    const segments = Array.from({ length: COUNT }, (_, i) =>
      tcp({ sequence: START + 1_000 + ((i * 7919) % COUNT), payload: Uint8Array.of(1) }),
    );
    const { faults } = await read(pcap([syn, ...segments]));
    expect(new Set(faults)).toEqual(new Set(['tcp-octets-missing']));
  });

  it('cost one step per fragment around a gap that is never filled', async () => {
    const [first, second] = fragmented(udp(concat(messages[0]!, Array(64).fill(0))), 16);
    const hole = Array.from({ length: COUNT }, () => second!);
    expect(await read(pcap([...hole, first!]))).toMatchObject({
      octets: [],
      faults: ['ip-fragments-missing'],
    });
  });

  it('cost one step per segment when segments have one octet', async () => {
    const message = ipfixMessage(0, Array(13_000).fill(1));
    const segments = Array.from(message, (octet, i) =>
      tcp({ sequence: START + 1 + i, payload: Uint8Array.of(octet) }),
    );
    expect((await read(pcap([syn, ...segments]))).octets).toHaveLength(13_000);
  });
});
