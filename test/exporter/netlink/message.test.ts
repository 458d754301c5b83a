import { describe, expect, it } from 'vitest';
import { MessageBuilder } from '../../../src/exporter/netlink/index.ts';

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('MessageBuilder', () => {
  it('writes header, nfgenmsg and padded attributes', () => {
    const bytes = new MessageBuilder()
      .message(0x0a03, 0x405, 3, 1, 10)
      .u8(1, 7)
      .u16(2, 0x1234)
      .text(3, 'ct')
      .finish();
    expect(toHex(bytes)).toBe(
      [
        '2c000000 030a 0504 03000000 00000000', // 44 octets, type, flags, sequence, port id
        '01 00 000a', // family, version, resource id
        '0500 0100 07000000',
        '0600 0200 12340000',
        '0700 0300 63740000',
      ]
        .join('')
        .replaceAll(' ', ''),
    );
  });

  it('sets the lengths of nested attributes', () => {
    const bytes = new MessageBuilder()
      .message(0x0100, 1, 1)
      .nest(1, (tuple) => tuple.nest(1, (ip) => ip.u32(1, 0x0a000001)).nest(2, (proto) => proto.u8(1, 6)))
      .finish();
    expect(toHex(bytes.subarray(20))).toBe(
      '1c000180 0c000180 08000100 0a000001 0c000280 05000100 06000000'.replaceAll(' ', ''),
    );
  });

  it('grows beyond its first buffer and starts again after finish', () => {
    const builder = new MessageBuilder();
    const large = builder.message(0x0100, 1, 1).bytes(1, new Uint8Array(5_000).fill(0xab)).finish();
    expect([large.length, large[24], large[5_023]]).toEqual([5_024, 0xab, 0xab]);
    expect(toHex(builder.message(0x0100, 1, 2).u8(1, 1).finish().subarray(20))).toBe('0500010001000000');
  });
});
