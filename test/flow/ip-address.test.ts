import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  isAbsent,
  isIPv4,
  isLoopback,
  parseAddress,
  parseAddressRange,
  rangeContains,
} from '../../src/flow/index.ts';

const words = fc.tuple(...Array.from({ length: 4 }, () => fc.oneof(fc.constant(0), fc.nat(0xffff_ffff))));

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['fe80::', 'fe80::'],
    ['::1', '::1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('is written as RFC 5952 has it: %s as %s', (text, canonical) => {
    expect(formatAddress(parseAddress(text)!)).toBe(canonical);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7::8:9',
    '::1.2.3',
    'g::',
  ])('is not "%s"', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('stays the same after a round trip through text', () => {
    fc.assert(
      fc.property(words, (address) => {
        const text = formatAddress(address);
        expect(isIP(text)).toBe(isIPv4(address) ? 4 : 6);
        expect(parseAddress(text)).toEqual(address);
      }),
    );
  });

  it('is read exactly as Node reads it', () => {
    const characters = fc.constantFrom(...'0123456789abcdef::::....');
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 20 }), (text) => {
        expect(parseAddress(text) !== undefined).toBe(isIP(text) !== 0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is recognised as none, IPv4 or loopback', () => {
    const told = (text: string) => {
      const address = parseAddress(text)!;
      return [isAbsent(address), isIPv4(address), isLoopback(address)];
    };
    expect(told('::')).toEqual([true, false, false]);
    expect(told('0.0.0.0')).toEqual([false, true, false]);
    expect(told('127.255.0.9')).toEqual([false, true, true]);
    expect(told('128.0.0.1')).toEqual([false, true, false]);
    expect(told('::1')).toEqual([false, false, true]);
    expect(told('::2')).toEqual([false, false, false]);
  });
});

describe('a range of addresses', () => {
  const holds = (range: string, address: string) =>
    rangeContains(parseAddressRange(range)!, parseAddress(address)!);

  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['0.0.0.0/0', '255.1.2.3', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '10.0.0.1', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['10.0.0.128/25', '10.0.0.127', false],
    ['::1/128', '::1', true],
  ])('%s and %s: %s', (range, address, expected) => {
    expect(holds(range, address)).toBe(expected);
  });

  it.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0/8', '10.0.0.0/-1', '/8'])(
    'is not "%s"',
    (text) => {
      expect(parseAddressRange(text)).toBeUndefined();
    },
  );
});
