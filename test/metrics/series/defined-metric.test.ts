import { describe, expect, it } from 'vitest';
import { batchOf, writeRecord } from '../../../src/flow/index.ts';
import type { DefinedMetric, LabelName } from '../../../src/metrics/index.ts';
import { deltas, podToPod, SeriesBed } from './test-bed.ts';

function bedOf(...defined: DefinedMetric[]): SeriesBed {
  return new SeriesBed({ groupings: [], defined });
}

const octets = (labels: readonly LabelName[], rest: Partial<DefinedMetric> = {}): DefinedMetric => ({
  name: 'mine',
  type: 'counter',
  value: 'octets',
  labels,
  ...rest,
});

describe('a user-defined counter', () => {
  it('counts records that pass its filter, in the words of the command line', () => {
    const bed = bedOf(octets(['source_workload'], { name: 'dns', filter: { port: ['53'], proto: ['udp'] } }));
    bed.first(0, { ...podToPod, ...deltas(100, 1) });
    bed.first(1, {
      ...podToPod,
      protocolIdentifier: 17,
      destinationTransportPort: 53,
      ...deltas(70, 1, 30, 1),
    });
    expect(bed.table('dns').measures[0]).toMatchObject({ name: 'weir_flow_dns_bytes_total', unit: 'By' });
    expect(bed.shown('dns').map(({ labels, values }) => [labels.source_workload, values.bytes])).toEqual([
      ['frontend', 70],
      ['postgres', 30],
    ]);
  });

  it('sees names that enter the dictionary after the first use of its filter', () => {
    const bed = bedOf(octets(['source_workload'], { filter: { namespace: ['late'] } }));
    const batch = batchOf([{ ...podToPod, ...deltas(100, 1) }]);
    bed.series.classify(0, batch, 0, bed.clock.now(), true, true);
    writeRecord(batch, 0, { ...podToPod, sourcePodNamespace: 'late', ...deltas(5, 1) });
    bed.series.classify(1, batch, 0, bed.clock.now(), true, true);
    expect(bed.shown('mine').map(({ values }) => values.bytes)).toEqual([5]);
  });

  it.each<[string, LabelName[], Record<string, string>[]]>([
    ['swaps the ends', ['source_workload'], [{ source_workload: 'web-1' }, { source_workload: 'office' }]],
    [
      'tells the direction instead',
      ['destination_workload', 'direction'],
      [
        { destination_workload: 'web-1', direction: 'original' },
        { destination_workload: 'web-1', direction: 'reverse' },
      ],
    ],
    [
      'tells it from the inside',
      ['range', 'direction'],
      [
        { range: 'office', direction: 'receive' },
        { range: 'office', direction: 'transmit' },
      ],
    ],
    ['sums both ways', ['range', 'port'], [{ range: 'office', port: '443' }]],
    ['has one series', [], [{}]],
  ])('in the reverse direction %s, as its labels ask', (_, labels, expected) => {
    const bed = new SeriesBed({
      groupings: [],
      ranges: [{ name: 'office', networks: ['198.51.100.0/24'] }],
      defined: [octets(labels)],
    });
    bed.first(0, {
      sourceIP: '198.51.100.9',
      destinationIP: '192.0.2.1',
      destinationNodeName: 'web-1',
      protocolIdentifier: 6,
      destinationTransportPort: 443,
      ...deltas(100, 1, 7, 1),
    });
    const shown = bed.shown('mine').map((series) => series.labels);
    expect(shown).toHaveLength(expected.length);
    expect(shown).toEqual(expect.arrayContaining(expected));
    expect(bed.shown('mine').reduce((sum, { values }) => sum + values.bytes!, 0)).toBe(107);
  });

  it('counts packets or flows', () => {
    const bed = bedOf(
      octets(['destination_kind'], { name: 'sent', value: 'packets' }),
      octets(['destination_kind'], { name: 'begun', value: 'flows' }),
    );
    bed.first(0, { ...podToPod, ...deltas(100, 3, 10, 2) });
    bed.later(0, { ...podToPod, ...deltas(100, 3, 10, 2) });
    bed.advance(0, 10, 1, 0, 0);
    expect(bed.shown('sent').map(({ values }) => values)).toEqual([{ packets: 6 }]);
    expect(bed.shown('begun').map(({ values }) => values)).toEqual([{ flows: 1 }]);
  });

  it('uses the denying policy, otherwise the one at the destination', () => {
    const bed = bedOf(octets(['policy', 'action', 'policy_direction']));
    const allowed = { ...podToPod, ingressNetworkPolicyName: 'in', ingressNetworkPolicyRuleAction: 1 };
    bed.first(0, { ...allowed, egressNetworkPolicyName: 'out', ...deltas(1, 1) });
    bed.first(1, {
      ...allowed,
      egressNetworkPolicyName: 'out',
      egressNetworkPolicyRuleAction: 2,
      ...deltas(1, 1),
    });
    expect(bed.shown('mine').map(({ labels }) => labels)).toEqual([
      { policy: 'in', action: 'Allow', policy_direction: 'ingress' },
      { policy: 'out', action: 'Drop', policy_direction: 'egress' },
    ]);
  });
});

describe('a user-defined histogram', () => {
  const over = {
    ...podToPod,
    flowEndReason: 3,
    octetTotalCount: 900,
    reverseOctetTotalCount: 101,
    flowStartMilliseconds: 1_000,
    flowEndMilliseconds: 3_500,
  };

  it('observes a flow once, at its end', () => {
    const bed = bedOf(
      {
        name: 'size',
        type: 'histogram',
        value: 'octetsPerFlow',
        labels: ['source_workload'],
        buckets: [1_000, 2_000],
      },
      {
        name: 'length',
        type: 'histogram',
        value: 'durationSeconds',
        labels: ['source_workload'],
        buckets: [2.5],
      },
    );
    bed.first(0, { ...over, flowEndReason: 2 });
    bed.later(0, over);
    bed.later(0, over);
    const [size, length] = [bed.table('size'), bed.table('length')];
    expect(size.measures[0]).toMatchObject({
      name: 'weir_flow_size_bytes',
      type: 'histogram',
      buckets: [1_000, 2_000],
    });
    expect(length.measures[0]).toMatchObject({ name: 'weir_flow_length_seconds', unit: 's' });
    const slot = 2;
    expect(size.isLive(slot)).toBe(true);
    expect(size.values[0]![slot]).toBe(1);
    expect([...size.histogram!.counts.subarray(slot * 3, slot * 3 + 3)]).toEqual([0, 1, 0]);
    expect(size.histogram!.sums[slot]).toBe(1_001);
    expect([...length.histogram!.counts.subarray(slot * 2, slot * 2 + 2)]).toEqual([1, 0]);
    expect(length.histogram!.sums[slot]).toBe(2.5);
  });

  it('begins at zero when another series gets its slot', async () => {
    const bed = new SeriesBed({
      groupings: [],
      idleMs: 10_000,
      defined: [{ name: 'size', type: 'histogram', value: 'octetsPerFlow', labels: ['source_workload'] }],
    });
    await bed.series.start();
    bed.first(0, over);
    bed.series.close(0);
    bed.clock.advance(60_000);
    expect(bed.shown('size')).toEqual([]);
    bed.first(0, { ...over, flowEndReason: 2 });
    const { histogram, values } = bed.table('size');
    expect(values[0]![2]).toBe(0);
    expect(histogram!.counts.every((each) => each === 0)).toBe(true);
    expect(histogram!.sums[2]).toBe(0);
    expect(bed.series.readings[0]!.expiredValues[0]).toBe(1);
  });
});

describe('an invalid user-defined metric', () => {
  it.each<[string, Partial<DefinedMetric>, RegExp]>([
    [
      'has a name that Prometheus does not take',
      { name: 'DNS bytes' },
      /metric "DNS bytes": name: expected lower case/,
    ],
    ['has the name of a grouping', { name: 'port' }, /one that no grouping has; found "port"/],
    [
      'would be a metric that there is',
      { name: 'port_bytes' },
      /weir_flow_port_bytes_total, which there is already/,
    ],
    [
      'is a counter of durations',
      { value: 'durationSeconds' },
      /value of a counter: expected one of octets, packets, flows/,
    ],
    [
      'has an unknown label',
      { labels: ['color' as LabelName] },
      /label: expected one of cluster, source_node/,
    ],
    ['has a label twice', { labels: ['port', 'port'] }, /labels: expected each once/],
    ['has buckets that fall', { buckets: [2, 1] }, /buckets: expected finite numbers, rising; found \[2,1\]/],
    [
      'has a filter that says nothing',
      { filter: { port: ['htp'] } },
      /filter port: expected port of either end/,
    ],
  ])('is refused: the metric %s', (_, part, message) => {
    expect(() => bedOf(octets(['port'], part))).toThrow(message);
  });
});
