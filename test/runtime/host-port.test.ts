import { expect, it } from 'vitest';
import { everyAddress } from '../../src/runtime/index.ts';

const link = (family: 'IPv4' | 'IPv6') => ({ family }) as never;

it('the address of the whole host is that of both families, unless it has no IPv6', () => {
  expect(everyAddress({ lo: [link('IPv4'), link('IPv6')] })).toBe('::');
  expect(everyAddress({ lo: [link('IPv6')] })).toBe('::');
  expect(everyAddress({ lo: [link('IPv4')], eth0: undefined })).toBe('0.0.0.0');
  expect(everyAddress({})).toBe('0.0.0.0');
});
