import { pushVarint } from './thrift.ts';

/*
 * DELTA_BINARY_PACKED: the differences of neighbours, in blocks of 128. Each block has its least difference,
 * and what is above it in four parts of 32, each packed by the bits that it needs.
 */

const BLOCK = 128;
const PARTS = 4;
const PART = BLOCK / PARTS;

const differences = new Float64Array(BLOCK);

/** @param numbers between the least and the greatest of which there are less than 2^31 */
export function deltasOf(numbers: Float64Array): Uint8Array {
  const header: number[] = [];
  for (const fact of [BLOCK, PARTS, numbers.length]) pushVarint(fact, header);
  pushSigned(numbers[0] ?? 0, header);
  const most = Math.ceil(numbers.length / BLOCK) * (BLOCK * 4 + PARTS + 5);
  const octets = new Uint8Array(header.length + most);
  octets.set(header);
  let at = header.length;
  for (let first = 1; first < numbers.length; first += BLOCK) {
    const count = Math.min(BLOCK, numbers.length - first);
    at = writeBlock(numbers, first, count, octets, at);
  }
  return octets.subarray(0, at);
}

function writeBlock(
  numbers: Float64Array,
  first: number,
  count: number,
  octets: Uint8Array,
  from: number,
): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const difference = numbers[first + i]! - numbers[first + i - 1]!;
    differences[i] = difference;
    if (difference < least) least = difference;
  }
  const head: number[] = [];
  pushSigned(least, head);
  octets.set(head, from);
  const widthsAt = from + head.length;
  let at = widthsAt + PARTS;
  for (let part = 0; part < PARTS; part++) {
    const end = Math.min(count, (part + 1) * PART);
    let greatest = 0;
    for (let i = part * PART; i < end; i++) greatest = Math.max(greatest, differences[i]! - least);
    const width = 32 - Math.clz32(greatest);
    octets[widthsAt + part] = width;
    if (part * PART >= count) continue;
    packPart(part * PART, end, least, width, octets, at);
    at += (PART * width) / 8;
  }
  return at;
}

function packPart(
  start: number,
  end: number,
  least: number,
  width: number,
  octets: Uint8Array,
  from: number,
): void {
  let [at, bits, filled] = [from, 0, 0];
  for (let i = start; i < end; i++) {
    // More than 32 bits do not fit into a shift: first the lower half.
    const number = differences[i]! - least;
    for (let done = 0; done < width; done += 16) {
      const some = Math.min(16, width - done);
      bits |= ((number >>> done) & ((1 << some) - 1)) << filled;
      for (filled += some; filled >= 8; filled -= 8) {
        octets[at++] = bits;
        bits >>>= 8;
      }
    }
  }
  if (filled > 0) octets[at] = bits;
}

/** The sign is the lowest bit. */
function pushSigned(number: number, octets: number[]): void {
  pushVarint(number < 0 ? -2 * number - 1 : 2 * number, octets);
}
