import { flagOption, integerOption } from '../runtime/index.ts';
import type { RotationLimits } from './rotated-file.ts';

/** The reference system's options of a rotated file, with its names and defaults. */
export const rotationOptions = {
  maxSize: integerOption(1, 1_000_000, { description: 'megabytes of a file', default: 100 }),
  maxBackups: integerOption(0, 1_000_000, { description: 'number of old files to keep; 0: all', default: 3 }),
  maxAge: integerOption(0, 1_000_000, { description: 'days to keep them; 0: without limit', default: 0 }),
  compress: flagOption({ description: 'gzip old files', default: true }),
};

export interface RotationSettings {
  /** Megabytes of a file. */
  readonly maxSize: number;
  readonly maxBackups: number;
  /** In days. */
  readonly maxAge: number;
  readonly compress: boolean;
}

const MEGABYTE = 1_048_576;
const DAY_MS = 86_400_000;

export const rotationLimits = ({
  maxSize,
  maxBackups,
  maxAge,
  compress,
}: RotationSettings): RotationLimits => ({
  maxOctets: maxSize * MEGABYTE,
  maxBackups,
  maxAgeMs: maxAge * DAY_MS,
  compress,
});
