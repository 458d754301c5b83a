import type { SumTier } from './file-names.ts';
import { DEFAULT_HOURS_AGE_MS, DEFAULT_MINUTES_AGE_MS, DEFAULT_SHARE } from './options.ts';
import type { SumLimits } from './sum-files.ts';

/** How much of the sums a history keeps, as a share of all its octets and as a time. */
export interface SumBounds {
  readonly minutes: SumBound;
  /** By hour, by four hours and by day together. */
  readonly hours: SumBound;
}

interface SumBound {
  readonly percent: number;
  readonly maxAgeMs: number;
}

/** The part of the octets of hours that longer units have. They have fewer rows, and fewer columns. */
const FOUR_HOURS = 0.2;
const DAYS = 0.05;

export const defaultSums: SumBounds = {
  minutes: { percent: DEFAULT_SHARE, maxAgeMs: DEFAULT_MINUTES_AGE_MS },
  hours: { percent: DEFAULT_SHARE, maxAgeMs: DEFAULT_HOURS_AGE_MS },
};

export function limitsOf({ minutes, hours }: SumBounds, octets: number): Record<SumTier, SumLimits> {
  const limitsIn = ({ percent, maxAgeMs }: SumBound, part = 1): SumLimits => ({
    maxOctets: Math.floor(((octets * percent) / 100) * part),
    maxAgeMs,
  });
  return {
    minutes: limitsIn(minutes),
    hours: limitsIn(hours, 1 - FOUR_HOURS - DAYS),
    fourHours: limitsIn(hours, FOUR_HOURS),
    days: limitsIn(hours, DAYS),
  };
}
