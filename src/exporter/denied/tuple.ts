import { Protocol } from '../../flow/enumerations.ts';

/**
 * The identity of packets, as words: source (4), destination (4), ports (1: source in the upper half),
 * protocol. For ICMP, the source port is the identifier and the destination port 0.
 */
export const TUPLE_WORDS = 10;

/** Writes a tuple to the beginning of `words`. Addresses are four words from `…At`, IPv4 mapped. */
export function writeTuple(
  words: Uint32Array,
  source: ArrayLike<number>,
  sourceAt: number,
  destination: ArrayLike<number>,
  destinationAt: number,
  sourcePort: number,
  destinationPort: number,
  protocol: number,
): void {
  for (let i = 0; i < 4; i++) {
    words[i] = source[sourceAt + i]!;
    words[4 + i] = destination[destinationAt + i]!;
  }
  const isIcmp = protocol === Protocol.icmp || protocol === Protocol.icmpv6;
  words[8] = (sourcePort << 16) | (isIcmp ? 0 : destinationPort);
  words[9] = protocol;
}

/** Hash of the first `count` words. The seed keeps senders of packets from choosing hashes that collide. */
export function hashWords(words: Uint32Array, count: number, seed: number): number {
  let hash = seed;
  for (let i = 0; i < count; i++) {
    hash = Math.imul(hash ^ words[i]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Whether the first `count` words of `words` equal those of `table` from `at`. */
export function wordsEqual(words: Uint32Array, count: number, table: Uint32Array, at: number): boolean {
  for (let i = 0; i < count; i++) if (table[at + i] !== words[i]) return false;
  return true;
}

export const randomSeed = (): number => (Math.random() * 0x1_0000_0000) | 0;
