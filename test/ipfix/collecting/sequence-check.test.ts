import { describe, expect, it } from 'vitest';
import { SequenceCheck } from '../../../src/ipfix/index.ts';

const T = 1_767_225_600;

/** Messages of ten records each, by their sequence numbers. */
function after(...sequenceNumbers: number[]): { check: SequenceCheck; verdicts: string[] } {
  const check = new SequenceCheck();
  return { check, verdicts: sequenceNumbers.map((number) => check.check(number, T, 10, true)) };
}

describe('the check of sequence numbers', () => {
  it('accepts any first message, because earlier ones may have gone elsewhere', () => {
    expect(after(1_000_000).check.lost).toBe(0);
  });

  it('counts the records between the expected and the received number', () => {
    const { check, verdicts } = after(0, 10, 50);
    expect(verdicts).toEqual(['in order', 'in order', 'gap']);
    expect(check.lost).toBe(30);
  });

  it('counts a jump after an unreadable message as loss, minus the records that the message could contain', () => {
    const check = new SequenceCheck();
    check.check(0, T, 0, false);
    expect(check.check(1_000_000, T, 10, true)).toBe('gap');
    expect([check.lost, check.undecoded]).toEqual([1_000_000 - 65_515, 65_515]);
  });

  it('counts across the wraparound at 2^32', () => {
    const { check, verdicts } = after(2 ** 32 - 10, 0, 10, 2 ** 32 - 30);
    expect(verdicts).toEqual(['in order', 'in order', 'in order', 'duplicate']);
    expect(check.lost).toBe(0);
    const gap = after(2 ** 32 - 20, 5);
    expect(gap.verdicts).toEqual(['in order', 'gap']);
    expect(gap.check.lost).toBe(15);
  });

  it('cancels a loss once when the records come late', () => {
    const { check, verdicts } = after(0, 30, 20, 10, 10);
    expect(verdicts).toEqual(['in order', 'gap', 'late', 'late', 'duplicate']);
    expect(check.lost).toBe(0);
  });

  it('cancels a loss across the wraparound', () => {
    const { check, verdicts } = after(2 ** 32 - 15, 15, 2 ** 32 - 5, 5);
    expect(verdicts).toEqual(['in order', 'gap', 'late', 'late']);
    expect(check.lost).toBe(0);
  });

  it('cancels part of a loss when part of the records come', () => {
    const { check } = after(0, 60, 20);
    expect(check.lost).toBe(40);
  });

  it('detects a duplicate when no record is missing at its place', () => {
    const { check, verdicts } = after(0, 10, 10, 20);
    expect(verdicts).toEqual(['in order', 'in order', 'duplicate', 'in order']);
    expect(check.lost).toBe(0);
  });

  it('detects a restart by a later export time', () => {
    const { check } = after(1_000, 1_010);
    expect(check.check(0, T + 1, 10, true)).toBe('restart');
    expect(check.check(10, T + 1, 10, true)).toBe('in order');
    expect(check.lost).toBe(0);
  });

  it('detects a restart within the same second by consecutive messages', () => {
    const { check, verdicts } = after(1_000, 1_010, 0, 10, 20, 30);
    expect(verdicts.slice(2)).toEqual(['duplicate', 'duplicate', 'restart', 'in order']);
    expect(check.lost).toBe(0);
  });

  it('detects a restart by a distance that no loss explains', () => {
    const { check, verdicts } = after(3_000_000_000, 0);
    expect(verdicts).toEqual(['in order', 'restart']);
    expect(check.lost).toBe(0);
  });

  it('distinguishes lost records from unreadable ones', () => {
    const check = new SequenceCheck();
    check.check(0, T, 4, false);
    expect(check.check(10, T, 10, true)).toBe('gap');
    expect([check.lost, check.undecoded]).toEqual([0, 6]);
    check.recover(4, 5);
    expect([check.lost, check.undecoded]).toEqual([0, 1]);
  });

  it('expects the next number after records that were read ahead', () => {
    const check = new SequenceCheck();
    check.check(0, T, 0, false);
    check.recover(0, 7);
    expect(check.check(7, T, 1, true)).toBe('in order');
    expect([check.lost, check.undecoded]).toEqual([0, 0]);
  });
});
