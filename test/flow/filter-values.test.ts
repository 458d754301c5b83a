import { describe, expect, it } from 'vitest';
import { parseAddressRange, parseFlowEnd, parseOctets } from '../../src/flow/index.ts';

describe('an end of flows', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1', undefined],
    ['192.0.2.1:443', '192.0.2.1', [443]],
    ['192.0.2.1:https', '192.0.2.1', [443]],
    ['192.0.2.0/24:8080', '192.0.2.0/24', [8080]],
    ['2001:db8::1', '2001:db8::1', undefined],
    ['2001:db8::1:443', '2001:db8::1:443', undefined],
    ['[2001:db8::1]', '2001:db8::1', undefined],
    ['[2001:db8::1]:443', '2001:db8::1', [443]],
    ['[2001:db8::/32]:netbios', '2001:db8::/32', [137, 138, 139]],
  ])('is an address or a range, with a port or without: %s', (text, range, ports) => {
    expect(parseFlowEnd(text)).toEqual({ range: parseAddressRange(range), ports });
  });

  it.each([
    ['shop/web-0', 'shop/web-0', undefined],
    ['shop/web.example', 'shop/web.example', undefined],
    ['shop/web-0:https', 'shop/web-0', [443]],
    ['[x]/y:1', '[x]/y', [1]],
  ])('is a Pod, with a port or without: %s', (text, pod, ports) => {
    expect(parseFlowEnd(text)).toEqual({ pod, ports });
  });

  it.each([
    '',
    'web',
    ':443',
    '192.0.2.1:',
    '192.0.2.1:htps',
    '192.0.2.1:65536',
    '192.0.2.1:1:2',
    '192.0.2/24:80',
    '2001:db8:1:2:3:4:5:6:443',
    '[2001:db8::1',
    '[2001:db8::1]443',
    '[shop/web-0]:443',
    'shop/web-0:htps',
    'svc:shop/web',
  ])('is not "%s"', (text) => {
    expect(parseFlowEnd(text)).toBeUndefined();
  });
});

describe('octets', () => {
  it.each([
    ['0', 0],
    ['1500', 1_500],
    ['323 B', 323],
    ['31.6 kB', 31_600],
    ['4.75 MB', 4_750_000],
    ['1.1kB', 1_100],
    ['1MB', 1e6],
    ['1mb', 1e6],
    ['2 GB', 2e9],
    ['1.5 KiB', 1_536],
    ['4MiB', 4 * 2 ** 20],
    ['1 EiB', 2 ** 60],
  ])('are a whole number, or a number with a unit: %s', (text, octets) => {
    expect(parseOctets(text)).toBe(octets);
  });

  it.each(['', '-1', '1.5', '1e3', '.5 kB', '1 k', '1 XB', '1 iB', '1  MB', 'MB', '1 MB/s'])(
    'are not "%s"',
    (text) => {
      expect(parseOctets(text)).toBeUndefined();
    },
  );
});
