import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readIpfixFile } from '../../../src/cli/capture/index.ts';
import { readMessage, readRecords } from '../../../src/ipfix/index.ts';
import { concat, fragmented, ipfixMessage, ipv6, links, pcap, pcapng, tcp, udp } from './capture-builder.ts';

const directory = mkdtempSync(join(tmpdir(), 'weir-capture-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The octet counts of all records, the exporters, and the reasons of what could not be read. */
function read(octets: Uint8Array) {
  const path = join(directory, 'file');
  writeFileSync(path, octets);
  const found = { octets: [] as unknown[], exporters: new Set<string | undefined>(), faults: [] as string[] };
  for (const item of readIpfixFile(path)) {
    if ('reason' in item) {
      found.faults.push(item.reason);
      continue;
    }
    const { templates, exporter } = item.session;
    const error = ({ reason }: { reason: string }) => found.faults.push(reason);
    found.exporters.add(exporter);
    readMessage(item.octets, templates, {
      data: (set) => {
        for (const { values } of readRecords(set, templates, error)) found.octets.push(values[1]);
      },
      error,
    });
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

  it.each(kinds)('is read from UDP over %s links', (_, link) => {
    const packets = messages.map((message) => udp(message));
    expect(read(pcap(packets, link))).toMatchObject({ ...all, exporters: ['192.0.2.1:40000'] });
    expect(read(pcap(packets, link, false))).toMatchObject(all);
    expect(read(pcapng(packets, link))).toMatchObject(all);
    expect(read(pcapng(packets, link, false))).toMatchObject(all);
  });

  it('is read from IPv6 behind extension headers', () => {
    const packets = messages.map((message) => ipv6(udp(message)));
    expect(read(pcap(packets))).toMatchObject({ ...all, exporters: ['[2001:db8::1]:40000'] });
  });

  it('is put together from the fragments of datagrams, in whatever order', () => {
    const pieces = fragmented(udp(messages[0]!), 16);
    expect(pieces.length).toBeGreaterThan(3);
    expect(read(pcap(pieces))).toMatchObject({ octets: [1, 2], faults: [] });
    expect(read(pcap([pieces[1]!, ...pieces.toReversed()]))).toMatchObject({ octets: [1, 2], faults: [] });
    expect(read(pcap(pieces.slice(1)))).toMatchObject({ octets: [], faults: ['ip-fragments-missing'] });
  });

  it('is known on any port by its header, and other datagrams are passed over', () => {
    const packets = [udp(messages[0]!, 9995), udp(concat([1, 2, 3]), 53), udp(messages[1]!, 9995)];
    expect(read(pcap(packets))).toMatchObject({ octets: [1, 2, 3], faults: [] });
  });

  it("is a fault when it is something else on IPFIX's own port", () => {
    expect(read(pcap([udp(concat([0, 9, 0, 20], Array(16).fill(0)))])).faults).toEqual(['version-not-ipfix']);
  });

  it('does not mistake the padding of short Ethernet frames for octets of the message', () => {
    const padded = concat(udp(messages[0]!), Array(18).fill(0));
    expect(read(pcap([padded]))).toMatchObject({ octets: [1, 2], faults: [] });
  });
});

describe('IPFIX in TCP streams', () => {
  const third = Math.floor(stream.length / 3);

  it('is put together from segments that cut messages anywhere', () => {
    for (let cut = 1; cut < stream.length; cut++) {
      expect(read(pcap([syn, piece(0, cut), piece(cut, stream.length, 1)])), `cut at ${cut}`).toMatchObject(
        all,
      );
    }
  });

  it('is put together from segments out of order, sent twice and overlapping', () => {
    const packets = [
      syn,
      piece(2 * third, stream.length),
      piece(0, third),
      piece(0, third),
      piece(third - 7, 2 * third + 5),
      piece(third, 2 * third),
    ];
    expect(read(pcap(packets))).toMatchObject(all);
  });

  it('goes on with the next message after octets that were not captured', () => {
    const [first] = messages as [Uint8Array];
    const lastStart = stream.length - messages[2]!.length;
    const packets = [syn, piece(0, first.length + 3), piece(lastStart, stream.length)];
    expect(read(pcap(packets))).toMatchObject({ octets: [1, 2, 4, 5], faults: ['tcp-octets-missing'] });
  });

  it('says when the stream ends within a message', () => {
    expect(read(pcap([syn, piece(0, stream.length - 1, 1)]))).toMatchObject({
      octets: [1, 2, 3],
      faults: ['message-truncated'],
    });
  });

  it('begins a new session, without the old templates, when the ports are used again', () => {
    const again = tcp({ sequence: 500, flags: 2 });
    const late = tcp({ sequence: 501, payload: messages[1]! });
    expect(read(pcap([syn, piece(0, stream.length), again, late])).faults).toEqual(['template-unknown']);
  });
});

describe('files of messages', () => {
  it('are read as RFC 5655 has them: one message after another', () => {
    expect(read(stream)).toMatchObject({ ...all, exporters: [undefined] });
  });

  it('are read up to where they are cut off', () => {
    expect(read(stream.subarray(0, -1))).toMatchObject({ octets: [1, 2, 3], faults: ['message-truncated'] });
    expect(read(concat(stream, [7, 7, 7, 7])).faults).toEqual(['message-header-invalid']);
  });
});

describe('files that are broken', () => {
  it('give a fault wherever a capture is cut off, and never throw', () => {
    for (const whole of [pcap([udp(messages[0]!)]), pcapng([udp(messages[0]!)])]) {
      for (let length = 4; length < whole.length; length++) {
        const { octets, faults } = read(whole.subarray(0, length));
        expect(octets.length === 0 || faults.length === 0, `${length} octets`).toBe(true);
      }
    }
  });

  it('do not make us ask for the memory that a header claims', () => {
    const packet = pcap([udp(messages[0]!)]);
    new DataView(packet.buffer).setUint32(24 + 8, 0xffff_fff0, true);
    expect(read(packet).faults).toEqual(['packet-length-invalid']);
    const block = pcapng([udp(messages[0]!)]);
    new DataView(block.buffer).setUint32(28 + 4, 0xffff_fff0, true);
    expect(read(block).faults).toEqual(['block-length-invalid']);
  });

  it('are told by their first octets', () => {
    expect(read(concat([0x7f, 0x45, 0x4c, 0x46])).faults).toEqual(['file-format-unknown']);
    expect(read(new Uint8Array()).faults).toEqual(['file-format-unknown']);
  });
});
