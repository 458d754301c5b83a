import { formatCount } from '../../../flow/index.ts';
import type { ExactCount } from '../../../query/contract/index.ts';

/** Counts above 2^53 come as decimal text, so sums are made of big integers. Doubles are for pixels only. */
export const exactOf = (count: ExactCount | undefined): bigint => BigInt(count ?? 0);

export function sumExact(counts: Iterable<bigint>): bigint {
  let sum = 0n;
  for (const count of counts) sum += count;
  return sum;
}

/** "12.3 %" of the whole; "< 0.1 %" for what is there, but small. */
export function shareText(part: bigint, whole: bigint): string {
  if (whole === 0n) return '–';
  const tenths = Number((part * 2_000n + whole) / (2n * whole));
  if (part > 0n && tenths === 0) return '< 0.1 %';
  return `${(tenths / 10).toFixed(1)} %`;
}

/** How much more it is than before: "+12 %", "×3.4", "new", "gone". */
export function changeText(now: bigint, before: bigint): string {
  if (now === before) return now === 0n ? '' : '±0 %';
  if (before === 0n) return 'new';
  if (now === 0n) return 'gone';
  const factor = Number(now) / Number(before);
  if (factor >= 2) return `×${factor < 10 ? factor.toFixed(1) : formatCount(Math.round(factor))}`;
  const percent = Math.round((factor - 1) * 100);
  return percent === 0 ? '±0 %' : `${percent > 0 ? '+' : '−'}${Math.abs(percent)} %`;
}
