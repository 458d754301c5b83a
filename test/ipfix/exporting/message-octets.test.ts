import { describe, expect, it } from 'vitest';
import { copyMessage, releaseMessage } from '../../../src/ipfix/exporting/message-octets.ts';

const messageOf = (length: number, octet = 7) => new Uint8Array(length).fill(octet);

describe('the copy of a message', () => {
  it('has its octets, and stays as it is when the writer writes the next message', () => {
    const message = messageOf(1400);
    const copy = copyMessage(message);
    message.fill(9);
    expect(copy).toEqual(messageOf(1400));
  });

  it('takes the memory of one that left, also of one that was a bit longer', () => {
    const left = copyMessage(messageOf(30_000));
    releaseMessage(left);
    const next = copyMessage(messageOf(28_000, 8));
    expect(next.buffer).toBe(left.buffer);
    expect(next.length).toBe(28_000);
    expect(next.every((octet) => octet === 8)).toBe(true);
  });

  it('takes the memory of no copy that is still in use', () => {
    const [first, second] = [copyMessage(messageOf(3000, 1)), copyMessage(messageOf(3000, 2))];
    releaseMessage(first);
    const [third, fourth] = [copyMessage(messageOf(3000, 3)), copyMessage(messageOf(3000, 4))];
    expect([second[0], third[0], fourth[0]]).toEqual([2, 3, 4]);
    expect(new Set([second.buffer, third.buffer, fourth.buffer]).size).toBe(3);
  });

  it('takes no memory that is much longer or too short', () => {
    const left = [copyMessage(messageOf(60_000)), copyMessage(messageOf(1000))];
    for (const copy of left) releaseMessage(copy);
    expect(copyMessage(messageOf(40_000)).buffer.byteLength).toBeLessThan(41_000);
  });

  it('takes memory of 64 messages at most, the last ones that left', () => {
    const copies = Array.from({ length: 70 }, () => copyMessage(messageOf(2000)));
    for (const copy of copies) releaseMessage(copy);
    const again = new Set(Array.from({ length: 70 }, () => copyMessage(messageOf(2000)).buffer));
    expect(copies.map(({ buffer }) => again.has(buffer))).toEqual(copies.map((_, index) => index >= 6));
  });
});
