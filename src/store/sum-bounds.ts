import type { SumTier } from './file-names.ts';
import { DEFAULT_HOURS_AGE_MS, DEFAULT_MINUTES_AGE_MS, DEFAULT_SHARE } from './options.ts';
import type { SumLimits } from './sum-files.ts';

/** How much of each tier a history keeps, as a share of all its octets and as a time. */
export type SumBounds = Readonly<Record<SumTier, { readonly percent: number; readonly maxAgeMs: number }>>;

export const defaultSums: SumBounds = {
  minutes: { percent: DEFAULT_SHARE, maxAgeMs: DEFAULT_MINUTES_AGE_MS },
  hours: { percent: DEFAULT_SHARE, maxAgeMs: DEFAULT_HOURS_AGE_MS },
};

export function limitsOf({ minutes, hours }: SumBounds, octets: number): Record<SumTier, SumLimits> {
  const limitsIn = ({ percent, maxAgeMs }: SumBounds[SumTier]): SumLimits => ({
    maxOctets: Math.floor((octets * percent) / 100),
    maxAgeMs,
  });
  return { minutes: limitsIn(minutes), hours: limitsIn(hours) };
}
