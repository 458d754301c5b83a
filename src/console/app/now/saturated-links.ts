import { type Sample, valuesOf } from '../process/index.ts';

const BYTES = 'weir_exporter_link_bytes_total';
const CAPACITY = 'weir_exporter_link_capacity_bytes_per_second';
export const usedLinkMetrics = [BYTES, CAPACITY] as const;

/** As `link_utilization_warning` of the alerts. */
export const NEARLY_FULL = 0.8;

export interface LinkUse {
  readonly node: string;
  readonly link: string;
  readonly direction: string;
  /** Of its capacity, between two readings. */
  readonly share: number;
}

/**
 * How full links were between two readings of the metrics, the fullest first. The alert takes the mean of ten
 * minutes. Links without a speed, such as loopback, have no share.
 */
export function linkUses(
  earlier: readonly Sample[],
  later: readonly Sample[],
  elapsedMs: number,
): readonly LinkUse[] {
  if (elapsedMs <= 0) return [];
  const isSame = (a: Sample, b: Sample) =>
    ['node', 'link', 'direction'].every((label) => a.labels[label] === b.labels[label]);
  return valuesOf(later, BYTES)
    .flatMap((sample) => {
      const { node = '', link = '', direction = '' } = sample.labels;
      const before = valuesOf(earlier, BYTES).find((other) => isSame(sample, other));
      const capacity = valuesOf(later, CAPACITY).find(
        ({ labels }) => (labels.node ?? '') === node && labels.link === link,
      );
      // A counter that fell began anew.
      if (before === undefined || before.value > sample.value || !capacity?.value) return [];
      const share = ((sample.value - before.value) * 1_000) / elapsedMs / capacity.value;
      return [{ node, link, direction, share }];
    })
    .sort((a, b) => b.share - a.share);
}
