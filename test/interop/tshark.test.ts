import { expect, it } from 'vitest';
import { startCapture } from '../support/capture.ts';
import { createNamespace } from '../support/namespace.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { startUdpSink } from '../support/traffic.ts';
import { address, decodeWithTshark, type TsharkDecoding, text, unsigned } from '../support/tshark.ts';

/**
 * Sends an IPFIX message, as hex, to a UDP port of a fresh namespace's loopback and decodes it by tshark.
 */
async function decodedByTshark(message: string): Promise<TsharkDecoding> {
  await using namespace = await createNamespace('tshark');
  using directory = new TemporaryDirectory();
  await using _sink = await startUdpSink(namespace, 4739);
  const capture = await startCapture({ namespace, device: 'lo', file: directory.file('one.pcap') });
  await namespace.runSource(`
    import { createSocket } from 'node:dgram';
    const socket = createSocket('udp4');
    socket.send(Buffer.from('${message}', 'hex'), 4739, '127.0.0.1', () => socket.close());
  `);
  await capture.stop();
  return await decodeWithTshark(capture.file, { port: 4739 });
}

/** Joins hex with spaces between its parts; the IPFIX header's length is filled in. */
function messageOf(...parts: string[]): string {
  const hex = parts.join('').replaceAll(' ', '');
  return hex.replace('LLLL', (hex.length / 2).toString(16).padStart(4, '0'));
}

const header = '000a LLLL 6b025cb8 00000005 00000009'; // version, length, export time, sequence 5, domain 9

requires(
  'namespaces',
  'tcpdump',
  'tshark',
)('a record decoded by tshark', () => {
  it('has each value with its enterprise and number, even if tshark has no name for it', async () => {
    const decoded = await decodedByTshark(
      messageOf(
        header,
        '0002 0044 0100 000a', // a set of 68 octets: template 256 with ten fields
        '0008 0004', // sourceIPv4Address
        '0098 0008', // flowStartMilliseconds, whose partner comes later
        '001b 0010', // sourceIPv6Address
        '8001 0008 00007279', // reverse octetDeltaCount (29305)
        '0099 0008', // flowEndMilliseconds
        '8065 ffff 0000dcba', // Antrea (56506) 101, an empty string below
        '8064 ffff 0000dcba', // Antrea 100
        '8089 0001 0000dcba', // Antrea 137, one octet
        '0038 0006', // sourceMacAddress
        '8009 0002 0000115c', // an element that nobody knows
        '0100 0041', // a data set of 65 octets
        '0a000001 000001a2013a13e3 fd000000000000000000000000000001 00000000000007d0 000001a2013a1918',
        '00 03 6e732d',
        '02 0200005e1000 abcd',
        '000000', // padding
      ),
    );
    expect(decoded).toMatchObject({ messages: 1, undecodedSets: 0, complaints: [] });
    expect(decoded.records).toHaveLength(1);
    const [record] = decoded.records;
    expect(record).toMatchObject({
      exportTime: 0x6b025cb8,
      sequenceNumber: 5,
      observationDomainId: 9,
      templateId: 256,
      scopeFieldCount: 0,
    });
    expect(address(record!.field(0, 8))).toBe('10.0.0.1');
    expect(unsigned(record!.field(0, 152))).toBe(0x1a2013a13e3n);
    expect(address(record!.field(0, 27))).toBe('fd00::1');
    expect(unsigned(record!.field(29305, 1))).toBe(2000n);
    expect(unsigned(record!.field(0, 153))).toBe(0x1a2013a1918n);
    expect(text(record!.field(56506, 101))).toBe('');
    expect(text(record!.field(56506, 100))).toBe('ns-');
    expect(unsigned(record!.field(56506, 137))).toBe(2n);
    expect(address(record!.field(0, 56))).toBe('02:00:00:5e:10:00');
    expect(record!.field(4444, 9).hex).toBe('abcd');
  });

  it('is missing and counted if no template for it was seen', async () => {
    const decoded = await decodedByTshark(messageOf(header, '0100 0008 0a000001'));
    expect(decoded).toMatchObject({ records: [], undecodedSets: 1 });
  });
});
