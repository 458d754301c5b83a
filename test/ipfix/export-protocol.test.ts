import { describe, expect, it } from 'vitest';
import { isExportPacket, protocolOf } from '../../src/ipfix/export-protocol.ts';
import { message, octets, set, u16 } from '../support/ipfix-octets.ts';
import { v1, v1Record, v5, v5Record, v7, v7Record, v9, v9Template } from '../support/netflow-octets.ts';

describe('the protocol of a datagram', () => {
  it('follows from its version', () => {
    expect(
      [message(), v9({}), v7({}, v7Record()), v5({}, v5Record()), v1({}, v1Record())].map(protocolOf),
    ).toEqual(['ipfix', 'netflow-v9', 'netflow-v7', 'netflow-v5', 'netflow-v1']);
  });

  it('is unknown for other versions, a truncated header, and no records', () => {
    const others = [
      octets(u16(8), u16(1), new Uint8Array(50)),
      v9({}).subarray(0, 19),
      v5({}, v5Record()).subarray(0, 23),
      v9({ count: 0 }, set(256)),
      v5({ count: 0 }),
      v1({ count: 0 }),
      v7({}, v7Record()).subarray(0, 23),
      octets(0, 9, 0),
    ];
    expect(others.map(protocolOf)).toEqual(others.map(() => undefined));
  });

  it('is NetFlow among any traffic only if its parts fit its length', () => {
    const template = v9({}, v9Template(256, [4, 1]));
    const packets: [Uint8Array, boolean][] = [
      [template, true],
      [v5({}, v5Record()), true],
      [v1({}, v1Record(), v1Record()), true],
      [v7({}, v7Record()), true],
      [v5({ count: 2 }, v5Record()), false],
      [v1({}, v7Record()), true],
      [v1({}, v1Record(), v7Record()), false],
      [v7({}, v5Record()), false],
      [v9({}), false],
      [v9({}, set(7, 1)), false],
      [v9({}, octets(u16(256), u16(3))), false],
      [message(), false],
    ];
    for (const [packet, expected] of packets) expect(isExportPacket(packet, packet.length)).toBe(expected);
    expect(isExportPacket(template.subarray(0, 22), template.length)).toBe(true);
    expect(isExportPacket(template, template.length - 1)).toBe(false);
  });
});
