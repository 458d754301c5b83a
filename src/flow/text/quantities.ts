/** Made once, when it is needed: its making takes 15 ms, and `toLocaleString` makes one for each number. */
let grouped: Intl.NumberFormat | undefined;
const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** Three digits and a decimal prefix: 1.24 MB. An unknown number is a dash. */
export const formatOctets = (octets: number | undefined): string => scaledText(octets, 'B');

/** Bits per second: 13.1 kbit/s. */
export const formatBitRate = (bitsPerSecond: number | undefined): string =>
  scaledText(bitsPerSecond, 'bit/s');

/** All digits, in groups of three: 1,234,567. */
export function formatCount(count: number | bigint): string {
  grouped ??= new Intl.NumberFormat('en-US');
  return grouped.format(count);
}

function scaledText(value: number | undefined, unit: string): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  let size = value;
  let step = 0;
  while (size >= 999.5 && step < prefixes.length - 1) {
    size /= 1000;
    step++;
  }
  const digits = step === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return `${size.toFixed(digits)} ${prefixes[step]}${unit}`;
}

/** A span as people say it: 340 ms, 12 s, 5m 3s, 2h 5m. */
export function formatSpan(spanMs: number): string {
  if (spanMs < 1_000) return `${Math.max(0, Math.round(spanMs))} ms`;
  const seconds = Math.floor(spanMs / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  return `${Math.floor(seconds / 3_600)}h ${Math.floor((seconds % 3_600) / 60)}m`;
}
