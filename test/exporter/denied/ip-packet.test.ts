import { describe, expect, it } from 'vitest';
import { READ, readIpPacket } from '../../../src/exporter/denied/ip-packet.ts';
import { Count } from '../../../src/exporter/denied/packet-batch.ts';
import { formatAddress } from '../../../src/flow/index.ts';
import { emptyBatch } from '../../support/nflog-packets.ts';

function read(hex: string) {
  const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
  const batch = emptyBatch();
  const outcome = readIpPacket(bytes, 0, bytes.length, batch);
  return {
    outcome,
    source: formatAddress(batch.source),
    destination: formatAddress(batch.destination),
    protocol: batch.protocol[0],
    ports: [batch.sourcePort[0], batch.destinationPort[0]],
    octets: batch.octets[0],
    classOfService: batch.classOfService[0],
    tcpControlBits: batch.tcpControlBits[0],
    icmpTypeCode: batch.icmpTypeCode[0],
    fragments: batch.counts[Count.fragments],
    lengthUnknown: batch.counts[Count.lengthUnknown],
  };
}

/**
 * An IPv4 packet of so many octets, with flags and fragment offset, protocol, header octets over 20, and what
 * follows.
 */
const ipv4 = (total: number, fragment: string, protocol: string, options: string, rest: string) =>
  `4${(5 + options.replaceAll(' ', '').length / 8).toString(16)}b8${total.toString(16).padStart(4, '0')} 0001${fragment}
   40${protocol}0000 c0000201 c6336402 ${options} ${rest}`;

const ends = '20010db8000000000000000000000001 20010db8000000000000000000000002';
const ipv6 = (payload: number, next: string, rest: string) =>
  `6b812345 ${payload.toString(16).padStart(4, '0')}${next}40 ${ends} ${rest}`;

const ports = '03e80050 00080000';

describe('readIpPacket', () => {
  it('skips IPv4 options', () => {
    expect(read(ipv4(48, '0000', '11', '94040000', ports))).toMatchObject({
      outcome: READ,
      source: '192.0.2.1',
      destination: '198.51.100.2',
      protocol: 17,
      ports: [1000, 80],
      octets: 48,
      classOfService: 0xb8,
    });
  });

  it('reads all twelve TCP control bits', () => {
    const tcp = '03e80050 00000001 00000000 51ff0000 00000000';
    expect(read(ipv4(40, '4000', '06', '', tcp)).tcpControlBits).toBe(0x1ff);
  });

  it.each([
    ['SCTP', '84'],
    ['DCCP', '21'],
    ['UDP-Lite', '88'],
  ])('reads the ports of %s', (_, protocol) => {
    expect(read(ipv4(32, '0000', protocol, '', ports)).ports).toEqual([1000, 80]);
  });

  it('reads no ports for a protocol without ports', () => {
    expect(read(ipv4(28, '0000', '2f', '', ports))).toMatchObject({
      outcome: READ,
      protocol: 47,
      ports: [0, 0],
    });
  });

  it('keeps a later fragment, without ports', () => {
    const later = { outcome: READ, protocol: 17, ports: [0, 0], fragments: 1, octets: 1500 };
    expect(read(ipv4(1500, '00b9', '11', '', ports))).toMatchObject(later);
    expect(read(ipv6(1460, '2c', '110005c9 00000001 03e80050'))).toMatchObject(later);
  });

  it('reads the ports of the first fragment', () => {
    const first = { outcome: READ, protocol: 17, ports: [1000, 80], fragments: 0 };
    expect(read(ipv4(1500, '2000', '11', '', ports))).toMatchObject(first);
    expect(read(ipv6(1460, '2c', `11000001 00000001 ${ports}`))).toMatchObject(first);
  });

  it('walks IPv6 extension headers of every kind to the ports', () => {
    const chain = [
      '2b00 010400000000', // hop-by-hop, then routing
      '3c02 0000 00000000 0000000000000000 0000000000000000', // routing of 24 octets, then destination options
      '33 00 010400000000', // then authentication
      '8704 0000 00000000 00000000 000000000000000000000000', // authentication of 24 octets, then mobility
      '8b00 000000000000', // then host identity
      '8c00 000000000000', // then shim6
      '1100 000000000000',
    ].join(' ');
    expect(read(ipv6(100, '00', `${chain} ${ports}`))).toMatchObject({
      outcome: READ,
      source: '2001:db8::1',
      destination: '2001:db8::2',
      protocol: 17,
      ports: [1000, 80],
      octets: 140,
      classOfService: 0xb8,
    });
  });

  it('reports a packet as truncated if its extension headers lead beyond the copied octets', () => {
    expect(read(ipv6(2000, '00', `2bff 010400000000 ${ports}`)).outcome).toBe(Count.truncated);
  });

  it('keeps an IPv6 packet without a next header', () => {
    expect(read(ipv6(0, '3b', ''))).toMatchObject({
      outcome: READ,
      protocol: 59,
      octets: 40,
      lengthUnknown: 0,
    });
  });

  it('reads the length of a jumbogram from its option', () => {
    expect(read(ipv6(0, '00', `1100 c204 00020000 ${ports}`))).toMatchObject({
      outcome: READ,
      ports: [1000, 80],
      octets: 40 + 0x20000,
      lengthUnknown: 0,
    });
  });

  it('counts the copied octets when the packet states no length', () => {
    expect(read(ipv4(0, '0000', '11', '', ports))).toMatchObject({
      outcome: READ,
      octets: 28,
      lengthUnknown: 1,
    });
    expect(read(ipv6(0, '11', ports))).toMatchObject({ outcome: READ, octets: 48, lengthUnknown: 1 });
  });

  it('reads an ICMP error by type and code, without an identifier', () => {
    expect(read(ipv4(56, '0000', '01', '', '0301 0000 12345678'))).toMatchObject({
      outcome: READ,
      icmpTypeCode: 0x0301,
      ports: [0, 0],
    });
  });

  it.each([
    ['a header length of 16', ipv4(28, '0000', '11', '', ports).replace('45', '44')],
    ['a total length below the header', ipv4(19, '0000', '11', '', ports)],
    ['version 5', ipv4(28, '0000', '11', '', ports).replace('45', '55')],
  ])('reports %s as malformed', (_, packet) => {
    expect(read(packet).outcome).toBe(Count.malformed);
  });
});
