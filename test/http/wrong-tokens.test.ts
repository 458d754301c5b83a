import { describe, expect, it } from 'vitest';
import { WrongTokens } from '../../src/http/wrong-tokens.ts';

let nowMs = 0;

function failUntilRefused(tries: WrongTokens, address: string | undefined): number {
  for (let count = 0; count < 1_000; count++) {
    if (isRefused(tries, address)) return count;
    tries.note(address);
  }
  throw new Error('it is never refused');
}

function isRefused(tries: WrongTokens, address: string | undefined): boolean {
  try {
    tries.expectOneLeft(address);
    return false;
  } catch (error) {
    expect(error).toMatchObject({ status: 429, headers: { 'retry-after': '2' } });
    return true;
  }
}

describe('wrong tokens', () => {
  it('of one source are refused after 30, and then one every two seconds', () => {
    nowMs = 0;
    const tries = new WrongTokens(() => nowMs);
    expect(failUntilRefused(tries, '192.0.2.1')).toBe(30);
    nowMs += 2_000;
    expect(failUntilRefused(tries, '192.0.2.1')).toBe(1);
    nowMs += 3_600_000;
    expect(failUntilRefused(tries, '192.0.2.1')).toBe(30);
  });

  it('of one source do not refuse another', () => {
    const tries = new WrongTokens(() => nowMs);
    failUntilRefused(tries, '192.0.2.1');
    expect(isRefused(tries, '192.0.2.2')).toBe(false);
    expect(failUntilRefused(tries, undefined)).toBe(30);
  });

  it('of one network of IPv6 have one source, and those of mapped IPv4 have many', () => {
    const tries = new WrongTokens(() => nowMs);
    failUntilRefused(tries, '2001:db8::1');
    expect(isRefused(tries, '2001:db8:0:0:ffff::2')).toBe(true);
    expect(isRefused(tries, '2001:db8:0:1::1')).toBe(false);
    failUntilRefused(tries, '::ffff:192.0.2.1');
    expect(isRefused(tries, '::ffff:192.0.2.2')).toBe(false);
    expect(isRefused(tries, '::1')).toBe(false);
  });

  it('are remembered of 1,024 sources at most', () => {
    const tries = new WrongTokens(() => nowMs);
    failUntilRefused(tries, '192.0.2.1');
    for (let at = 0; at < 1_023; at++) tries.note(`198.51.${at >> 8}.${at & 255}`);
    expect(isRefused(tries, '192.0.2.1')).toBe(true);
    tries.note('203.0.113.1');
    expect(isRefused(tries, '192.0.2.1')).toBe(false);
  });
});
