import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttributeCursor, MessageBuilder, MessageCursor } from '../../../src/exporter/netlink/index.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));

function attributes(bytes: Uint8Array): { types: number[]; malformed: boolean } {
  const cursor = new AttributeCursor().open(bytes, 0, bytes.length);
  const types: number[] = [];
  while (cursor.next()) types.push(cursor.type);
  return { types, malformed: cursor.malformed };
}

describe('AttributeCursor', () => {
  it('reads numbers in network byte order and text up to its NUL', () => {
    const bytes = hex(
      '0500 0100 07000000 0600 0200 12340000 0800 0300 fffffffe 0c00 0400 0000000100000002 0900 0500 7765697200000000',
    );
    const at = new AttributeCursor().open(bytes, 0, bytes.length);
    expect([at.next(), at.type, at.u8()]).toEqual([true, 1, 7]);
    expect([at.next(), at.type, at.u16()]).toEqual([true, 2, 0x1234]);
    expect([at.next(), at.type, at.u32()]).toEqual([true, 3, 0xfffffffe]);
    expect([at.next(), at.type, at.u64()]).toEqual([true, 4, 0x1_0000_0002]);
    expect([at.next(), at.type, at.text()]).toEqual([true, 5, 'weir']);
    expect([at.next(), at.malformed]).toEqual([false, false]);
  });

  it('reads numbers in host byte order, as rtnetlink sends them', () => {
    const bytes = hex('0800 0100 feffffff 1400 0200 0100000000000000 0200000001000000');
    const at = new AttributeCursor().open(bytes, 0, bytes.length);
    expect([at.next(), at.hostU32()]).toEqual([true, 0xfffffffe]);
    expect([at.next(), at.hostU64At(0), at.hostU64At(1)]).toEqual([true, 1, 0x1_0000_0002]);
    expect([at.hostU64At(2), at.malformed]).toEqual([0, true]);
  });

  it('removes the flags from the type and enters a nested attribute', () => {
    const bytes = hex('0c00 0180 0800 0240 0a000001');
    const outer = new AttributeCursor().open(bytes, 0, bytes.length);
    const inner = new AttributeCursor();
    expect([outer.next(), outer.type, outer.octets]).toEqual([true, 1, 8]);
    inner.enter(outer);
    expect([inner.next(), inner.type, inner.u32()]).toEqual([true, 2, 0x0a000001]);
    expect([inner.next(), inner.malformed, outer.next(), outer.malformed]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('accepts a last attribute without padding', () => {
    expect(attributes(hex('0500 0100 07'))).toEqual({ types: [1], malformed: false });
  });

  it.each([
    ['a length of 0', '0000 0100 00000000'],
    ['a length of 3', '0300 0100 00000000'],
    ['a length beyond the end', '0900 0100 00000000'],
    ['a length of 65535', 'ffff 0100 00000000'],
    ['a rest too short for a header', '0400 01'],
  ])('stops at %s and reports malformed', (_, bytes) => {
    expect(attributes(hex(bytes))).toEqual({ types: [], malformed: true });
  });

  it('reads 0 from a value that is too short for the number, and reports malformed', () => {
    for (const read of ['u8', 'u16', 'u32', 'u64'] as const) {
      const at = new AttributeCursor().open(hex('0400 0100'), 0, 4);
      expect([at.next(), at[read](), at.malformed]).toEqual([true, 0, true]);
    }
  });

  it('refuses a range beyond its bytes', () => {
    const at = new AttributeCursor().open(hex('0500 0100 07'), 0, 6);
    expect([at.next(), at.malformed]).toEqual([false, true]);
  });

  it('ends on any bytes, within them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 256 }), (bytes) => {
        const at = new AttributeCursor().open(bytes, 0, bytes.length);
        let seen = 0;
        while (at.next()) {
          seen++;
          expect(at.start <= at.end && at.end <= bytes.length).toBe(true);
        }
        expect(seen).toBeLessThanOrEqual(bytes.length / 4);
        expect(at.next()).toBe(false);
      }),
    );
  });
});

describe('MessageCursor', () => {
  it('walks several messages of one datagram', () => {
    const builder = new MessageBuilder();
    builder.message(0x0101, 0x301, 7, 2, 0).u8(1, 9);
    builder.message(0x0102, 5, 8).text(1, 'weir');
    const bytes = builder.finish();
    const at = new MessageCursor().open(bytes, bytes.length);
    expect([at.next(), at.type, at.flags, at.sequence, at.start, at.end]).toEqual([
      true,
      0x0101,
      0x301,
      7,
      16,
      28,
    ]);
    expect([at.next(), at.type, at.flags, at.sequence, at.start, at.end]).toEqual([
      true,
      0x0102,
      5,
      8,
      44,
      60,
    ]);
    expect([at.next(), at.malformed]).toEqual([false, false]);
  });

  it.each([
    ['a length below its header', '0f000000 0101 0000 00000000 00000000'],
    ['a length beyond the datagram', '11000000 0101 0000 00000000 00000000'],
    ['a length of 2^32 - 1', 'ffffffff 0101 0000 00000000 00000000'],
    ['a rest shorter than a header', '10000000 0101 0000 00000000'],
  ])('stops at %s and reports malformed', (_, text) => {
    const bytes = hex(text);
    const at = new MessageCursor().open(bytes, bytes.length);
    expect([at.next(), at.malformed]).toEqual([false, true]);
  });

  it('ends on any bytes, within them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), (bytes) => {
        const at = new MessageCursor().open(bytes, bytes.length);
        let seen = 0;
        while (at.next()) {
          seen++;
          expect(at.start <= at.end && at.end <= bytes.length).toBe(true);
        }
        expect(seen).toBeLessThanOrEqual(bytes.length / 16);
      }),
    );
  });
});
