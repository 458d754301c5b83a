import type { ExactCount } from '../query/contract/index.ts';

/** How much the first is greater than the second. */
export const differenceOf = (now: ExactCount, before: ExactCount): bigint => BigInt(now) - BigInt(before);

/** From the greatest to the least difference, up or down. */
export function byMagnitude(a: bigint, b: bigint): number {
  const [first, second] = [magnitudeOf(a), magnitudeOf(b)];
  return first === second ? 0 : first > second ? -1 : 1;
}

const magnitudeOf = (value: bigint): bigint => (value < 0n ? -value : value);

/** A number where that is exact, else its digits. */
export const writtenCount = (value: bigint): ExactCount =>
  magnitudeOf(value) <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
