import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BATCH_ROWS,
  Count,
  type PacketBatch,
  PacketDirection,
} from '../../../src/exporter/denied/packet-batch.ts';
import { PacketParser } from '../../../src/exporter/denied/packet-parser.ts';
import { formatAddress } from '../../../src/flow/index.ts';
import { datagrams, emptyBatch, packetMessage, parseDatagram } from '../../support/nflog-packets.ts';

function rowsOf(batch: PacketBatch) {
  return Array.from({ length: batch.length }, (_, row) => ({
    group: batch.groupOf(batch.label[row]!),
    prefix: batch.prefixOf(batch.label[row]!),
    from: `${formatAddress(batch.source, row * 4)} ${batch.sourcePort[row]}`,
    to: `${formatAddress(batch.destination, row * 4)} ${batch.destinationPort[row]}`,
    service: `${formatAddress(batch.service, row * 4)} ${batch.servicePort[row]}`,
    protocol: batch.protocol[row],
    octets: batch.octets[row],
    timeMs: batch.timeMs[row],
    direction: batch.direction[row],
    interfaces: [batch.ingressInterface[row], batch.egressInterface[row]],
    icmpTypeCode: batch.icmpTypeCode[row],
    tcpControlBits: batch.tcpControlBits[row],
    vlanId: batch.vlanId[row],
  }));
}

function rowsIn(datagram: Uint8Array, receivedMs = 0) {
  const batch = emptyBatch();
  parseDatagram(datagram, batch, new PacketParser(), receivedMs);
  return rowsOf(batch);
}

/** The headers of a SYN from port 1000 of 10.0.0.1. */
function tcpPacket(destination: readonly number[], port: number): Uint8Array {
  const ip = [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, ...destination];
  const ports = [1000 >> 8, 1000 & 255, port >> 8, port & 255];
  return Uint8Array.from([...ip, ...ports, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0]);
}

const counted = (batch: PacketBatch) =>
  Object.fromEntries(
    Object.entries(Count)
      .map(([name, index]) => [name, batch.counts[index]])
      .filter(([, count]) => count !== 0),
  );

describe('PacketParser', () => {
  it("reads a TCP packet with its prefix, interface, the kernel's time and the flags", () => {
    expect(rowsIn(datagrams.tcp)).toEqual([
      {
        group: 5,
        prefix: 'drop input:all',
        from: '10.0.0.1 46622',
        to: '10.0.0.2 99',
        service: ':: 0',
        protocol: 6,
        octets: 60,
        timeMs: 0x6b02ac7e * 1000 + 0x0e8a26 / 1000,
        direction: PacketDirection.ingress,
        interfaces: [2, 0],
        icmpTypeCode: 0,
        tcpControlBits: 0x002,
        vlanId: 0,
      },
    ]);
  });

  it('reads UDP over IPv6', () => {
    expect(rowsIn(datagrams.udp6)).toMatchObject([
      { from: 'fd00::1 46794', to: 'fd00::2 53', protocol: 17, octets: 54, tcpControlBits: 0 },
    ]);
  });

  it('reads an echo request of either family, with its identifier as the source port', () => {
    expect(rowsIn(datagrams.ping)).toMatchObject([
      { from: '10.0.0.1 4242', to: '10.0.0.2 0', protocol: 1, octets: 84, icmpTypeCode: 0x0800 },
    ]);
    expect(rowsIn(datagrams.ping6)).toMatchObject([
      { from: 'fd00::1 4242', to: 'fd00::2 0', protocol: 58, octets: 104, icmpTypeCode: 0x8000 },
    ]);
  });

  it('uses the time of receipt if the kernel provides none, and calls output egress', () => {
    expect(rowsIn(datagrams.output, 1234.5)).toMatchObject([
      {
        group: 6,
        prefix: 'out',
        from: '10.0.0.2 58335',
        to: '10.0.0.1 7',
        timeMs: 1234.5,
        direction: PacketDirection.egress,
        interfaces: [0, 2],
      },
    ]);
  });

  it.each([
    ['new', 2, '10.96.0.1 80'],
    ['known', 0, '10.96.0.1 80'],
    ['answering', 3, ':: 0'],
    ['related', 1, ':: 0'],
  ])('reads where a packet of a %s connection was sent before it was translated', (_, info, service) => {
    const batch = emptyBatch();
    const connection = { destination: [10, 96, 0, 1], port: 80, info };
    parseDatagram(packetMessage(tcpPacket([10, 0, 0, 2], 8080), { connection }), batch);
    expect(rowsOf(batch)).toMatchObject([{ to: '10.0.0.2 8080', service }]);
  });

  it('reads the original destinations that a kernel sends, in both families', () => {
    expect(
      [datagrams.translated, datagrams.translated6, datagrams.untranslated].flatMap((one) => rowsIn(one)),
    ).toMatchObject([
      { from: '10.1.0.1 45088', to: '10.3.0.1 99', service: '10.96.0.1 80' },
      { from: 'fd01::1 33026', to: 'fd02::1 99', service: 'fd96::1 80' },
      { from: '10.1.0.1 45644', to: '10.3.0.1 99', service: ':: 0' },
    ]);
  });

  it('accounts for a packet whose connection is cut off', () => {
    const batch = emptyBatch();
    const connection = { destination: [10, 96], port: 80, info: 2 };
    parseDatagram(packetMessage(tcpPacket([10, 0, 0, 2], 8080), { connection }), batch);
    expect(counted(batch)).toEqual({ packets: 1, malformed: 1 });
  });

  it('reads all packets of a datagram', () => {
    expect(rowsIn(datagrams.two).map(({ from, octets }) => [from, octets])).toEqual([
      ['10.0.0.1 32839', 30],
      ['10.0.0.1 59164', 31],
    ]);
  });

  it("reads the VLAN, and the octets from the IP header, not from the frame's padding", () => {
    expect(rowsIn(datagrams.vlan)).toMatchObject([
      { from: '10.7.0.1 1000', to: '10.7.0.2 53', vlanId: 7, octets: 29, direction: PacketDirection.ingress },
    ]);
  });

  it.each([
    ['IP prerouting', 2, 0, PacketDirection.ingress],
    ['IP input', 2, 1, PacketDirection.ingress],
    ['IP forward', 2, 2, PacketDirection.forward],
    ['IP output', 2, 3, PacketDirection.egress],
    ['IP postrouting', 10, 4, PacketDirection.egress],
    ['netdev ingress', 5, 0, PacketDirection.ingress],
    ['netdev egress', 5, 1, PacketDirection.egress],
    ['bridge forward', 7, 2, PacketDirection.forward],
  ])('sets the direction of packets from the hook %s', (_, family, hook, direction) => {
    const batch = emptyBatch();
    parseDatagram(packetMessage(ipv4Udp, { family, hook }), batch);
    expect(batch.direction[0]).toBe(direction);
  });

  it("counts lost packets by the gaps in each group's sequence numbers", () => {
    const parser = new PacketParser();
    const batch = emptyBatch();
    parser.expectFirst(5);
    const get = (group: number, sequence: number) =>
      parseDatagram(packetMessage(ipv4Udp, { group, sequence }), batch, parser);
    get(5, 0);
    get(5, 1);
    expect(counted(batch)).toEqual({ packets: 2 });
    get(6, 7); // a group of which the first number is not known
    get(5, 5);
    get(6, 8);
    expect(counted(batch)).toEqual({ packets: 5, lost: 3 });
    parser.expectFirst(7);
    get(7, 2);
    expect(counted(batch)).toEqual({ packets: 6, lost: 5 });
  });

  it("continues after a group's sequence numbers wrap", () => {
    const parser = new PacketParser();
    const batch = emptyBatch();
    for (const sequence of [0xfffffffe, 0xffffffff, 0, 2]) {
      parseDatagram(packetMessage(ipv4Udp, { sequence }), batch, parser);
    }
    expect(counted(batch)).toEqual({ packets: 4, lost: 1 });
  });

  it('drops packets other than IP, and messages without a payload', () => {
    const batch = emptyBatch();
    parseDatagram(packetMessage(ipv4Udp, { etherType: 0x0806 }), batch);
    const withoutPayload = packetMessage(new Uint8Array(0), { etherType: 0x0800 });
    parseDatagram(withoutPayload, batch);
    expect([batch.length, counted(batch)]).toEqual([0, { packets: 2, notIp: 1, truncated: 1 }]);
  });

  it('reads what comes after a malformed packet', () => {
    const parser = new PacketParser();
    const batch = emptyBatch();
    const broken = datagrams.vlan.slice();
    const vlan = Buffer.from(broken).indexOf(Buffer.from([0x14, 0x00, 0x14, 0x80])); // NFULA_VLAN, nested, 20 octets
    broken[vlan + 4] = 3; // the length of the first attribute inside
    parseDatagram(broken, batch, parser);
    parseDatagram(datagrams.vlan, batch, parser);
    expect([batch.length, counted(batch)]).toEqual([1, { packets: 2, malformed: 1 }]);
  });

  it('clears the values of an earlier packet in a row', () => {
    const batch = emptyBatch();
    parseDatagram(datagrams.vlan, batch);
    parseDatagram(datagrams.tcp, batch);
    batch.clear();
    parseDatagram(packetMessage(Uint8Array.from(Buffer.from(ospf, 'hex'))), batch);
    parseDatagram(packetMessage(Uint8Array.from(Buffer.from(ospf, 'hex'))), batch);
    expect(rowsOf(batch)).toMatchObject(
      new Array(2).fill({
        from: '10.0.0.1 0',
        to: '10.0.0.2 0',
        protocol: 89,
        interfaces: [0, 0],
        icmpTypeCode: 0,
        tcpControlBits: 0,
        vlanId: 0,
        octets: 20,
      }),
    );
  });

  it('accounts for a message cut off at any length, and never reads beyond it', () => {
    for (const datagram of Object.values(datagrams)) {
      const first = datagram.slice(0, new DataView(datagram.buffer).getUint32(0, true));
      for (let length = 16; length < first.length; length++) {
        const cut = new Uint8Array(first.length).fill(0xff);
        cut.set(first.subarray(0, length));
        new DataView(cut.buffer).setUint32(0, length, true);
        const batch = emptyBatch();
        parseDatagram(cut, batch);
        const { packets = 0, malformed = 0, truncated = 0, notIp = 0 } = counted(batch);
        expect([packets, batch.length + malformed + truncated + notIp]).toEqual([1, 1]);
      }
    }
  });

  it('accounts for a payload cut off at any length: a row if the ports are present, else truncated', () => {
    for (const [name, octetsNeeded] of [
      ['tcp', 24],
      ['udp6', 44],
      ['ping', 26],
      ['ping6', 46],
    ] as const) {
      const payload = payloadOf(datagrams[name]);
      for (let length = 0; length <= payload.length; length++) {
        const batch = emptyBatch();
        const etherType = name.endsWith('6') ? 0x86dd : 0x0800;
        parseDatagram(packetMessage(payload.slice(0, length), { etherType }), batch);
        const outcome = length >= octetsNeeded ? { packets: 1 } : { packets: 1, truncated: 1 };
        expect([length, batch.length, counted(batch)]).toEqual([
          length,
          length >= octetsNeeded ? 1 : 0,
          outcome,
        ]);
      }
    }
  });

  it('accounts for each message of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const batch = emptyBatch();
        const message = new Uint8Array(16 + bytes.length);
        message.set(bytes, 16);
        const view = new DataView(message.buffer);
        view.setUint32(0, message.length, true);
        view.setUint16(4, 0x0400, true);
        parseDatagram(message, batch);
        expectAccounted(batch, 1);
      }),
    );
  });

  it('accounts for each packet of any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 128 }),
        fc.constantFrom(4, 6),
        (payload, version) => {
          payload[0] = (version << 4) | (payload[0]! & 15);
          const batch = emptyBatch();
          parseDatagram(packetMessage(payload), batch);
          expectAccounted(batch, 1);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('accounts for a real datagram with any octets changed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(datagrams)),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
        (datagram, changes) => {
          const changed = datagram.slice();
          for (const [at, value] of changes) changed[16 + (at % (changed.length - 16))] = value;
          const batch = emptyBatch();
          parseDatagram(changed, batch);
          expectAccounted(batch);
        },
      ),
    );
  });
});

function expectAccounted(batch: PacketBatch, packets = batch.counts[Count.packets]!): void {
  const { malformed = 0, truncated = 0, notIp = 0 } = counted(batch);
  expect([batch.counts[Count.packets], batch.length + malformed + truncated + notIp]).toEqual([
    packets,
    packets,
  ]);
  expect(batch.length).toBeLessThanOrEqual(BATCH_ROWS);
}

/** The last attribute of the first message in each of these. */
function payloadOf(datagram: Uint8Array): Uint8Array {
  const at = Buffer.from(datagram).indexOf(Buffer.from([0x09, 0x00])) - 2;
  const octets = new DataView(datagram.buffer).getUint16(at, true) - 4;
  return datagram.slice(at + 4, at + 4 + octets);
}

const ospf = '4500001400010000ff5900000a0000010a000002';
const ipv4Udp = Uint8Array.from(
  Buffer.from('4500001d00010000401100000a0000010a00000203e800350009000078', 'hex'),
);
