import { describe, expect, it } from 'vitest';
import { linkUses, usedLinkMetrics } from '../../../../src/console/app/now/saturated-links.ts';
import { readSamples } from '../../../../src/console/app/process/index.ts';

const samplesOf = (bytes: number) =>
  readSamples(
    [
      `weir_exporter_link_bytes_total{node="n",link="eth0",direction="receive"} ${bytes}`,
      `weir_exporter_link_bytes_total{node="n",link="eth0",direction="transmit"} ${10 * bytes}`,
      `weir_exporter_link_bytes_total{node="n",link="lo",direction="receive"} ${bytes}`,
      'weir_exporter_link_capacity_bytes_per_second{node="n",link="eth0"} 1000000',
    ].join('\n'),
    usedLinkMetrics,
  );

describe('the use of links', () => {
  it('is what they carried between two readings, as a share of their speed; the fullest is first', () => {
    expect(linkUses(samplesOf(0), samplesOf(900_000), 10_000)).toEqual([
      { node: 'n', link: 'eth0', direction: 'transmit', share: 0.9 },
      { node: 'n', link: 'eth0', direction: 'receive', share: 0.09 },
    ]);
  });

  it('is unknown after a counter began anew, and within a single reading', () => {
    expect(linkUses(samplesOf(900_000), samplesOf(0), 10_000)).toEqual([]);
    expect(linkUses(samplesOf(5), samplesOf(5), 0)).toEqual([]);
  });
});
