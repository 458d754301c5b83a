import { describe, expect, it } from 'vitest';
import { Dictionary } from '../../../src/flow/index.ts';
import { deltas, podToPod, SeriesBed } from './test-bed.ts';

/** What a flow of the number-th workload says first. */
const from = (workload: number | string, octets: number) => ({
  ...podToPod,
  sourcePodName: `web-${workload}x`,
  ...deltas(octets, 1),
});

const other = {
  source_namespace: 'other',
  source_workload: 'other',
  source_kind: 'other',
  destination_namespace: 'other',
  destination_workload: 'other',
  destination_kind: 'other',
};

function workloads(bed: SeriesBed): (string | undefined)[] {
  return bed
    .shown('workload')
    .map(({ labels }) => labels.source_workload)
    .toSorted();
}

async function bedOf(seriesLimit: number, idleMs = 3_600_000): Promise<SeriesBed> {
  const bed = new SeriesBed({ seriesLimit, idleMs });
  await bed.series.start();
  return bed;
}

describe('with more series than the budget allows', () => {
  it('the rest is summed into one series whose labels are all "other"', async () => {
    const bed = await bedOf(2);
    for (let i = 0; i < 5; i++) bed.first(i, { ...from(i, 100), clusterId: 'c1' });
    expect(workloads(bed)).toEqual(['other', 'web-0x', 'web-1x']);
    expect(bed.shown('workload')[0]!.labels).toEqual(other);
    expect(bed.values('workload', other)).toMatchObject({ bytes: 300, flows: 3 });
    expect(bed.series.readings).toMatchObject([
      { grouping: 'workload', series: 2, limit: 2, folded: 3, expired: 0 },
    ]);
  });

  it('a series with clearly more growth replaces the smallest, and neither its past nor "other" jumps', async () => {
    const bed = await bedOf(2);
    bed.first(0, from(0, 1_000));
    bed.first(1, from(1, 5_000));
    bed.first(2, from(2, 100));
    bed.advance(2, 2_100, 2, 0, 0);
    const before = bed.values('workload', other)!;
    expect(before).toMatchObject({ bytes: 2_200 });

    bed.clock.advance(10_000);
    expect(workloads(bed)).toEqual(['other', 'web-1x', 'web-2x']);
    expect(bed.values('workload', other)).toEqual(before);
    expect(bed.values('workload', { source_workload: 'web-2x' })).toMatchObject({ bytes: 0 });
    expect(bed.series.readings).toMatchObject([
      { series: 2, expired: 1, expiredBytes: 1_000, expiredPackets: 1 },
    ]);

    bed.advance(2, 10, 1, 0, 0);
    bed.clock.advance(10_000);
    bed.advance(2, 7, 1, 0, 0);
    bed.advance(0, 3, 1, 0, 0);
    expect(bed.values('workload', { source_workload: 'web-2x' })).toMatchObject({ bytes: 7 });
    expect(bed.values('workload', other)).toMatchObject({ bytes: 2_213 });
  });

  it('a series with only slightly more growth stays in "other"', async () => {
    const bed = await bedOf(1);
    bed.first(0, from(0, 1_000));
    bed.first(1, from(1, 1_500));
    bed.clock.advance(60_000);
    expect(workloads(bed)).toEqual(['other', 'web-0x']);
  });

  it('many short flows of one workload count together', async () => {
    const bed = await bedOf(1);
    bed.first(0, from(0, 1_000));
    for (let i = 0; i < 30; i++) {
      bed.first(1, from('short', 100));
      bed.series.close(1);
    }
    bed.clock.advance(30_000);
    expect(workloads(bed)).toEqual(['other', 'web-shortx']);
  });

  it('currently large series replace formerly large ones', async () => {
    const bed = await bedOf(1);
    bed.first(0, from(0, 10_000));
    bed.clock.advance(3_600_000);
    bed.first(1, from(1, 1_000));
    bed.clock.advance(10_000);
    expect(workloads(bed)).toEqual(['other', 'web-1x']);
  });

  it('coming and going workloads raise only counts, not memory', async () => {
    const bed = await bedOf(50);
    const sizes: number[] = [];
    for (let round = 0; round < 40; round++) {
      bed.dictionary = new Dictionary();
      for (let i = 0; i < 500; i++) {
        bed.first(i, from(`${round}-${i}`, 100));
        bed.series.close(i);
      }
      bed.clock.advance(30_000);
      sizes.push(bed.table('workload').dictionary.size);
    }
    expect(Math.max(...sizes)).toBeLessThan(6_000);
    expect(bed.series.readings[0]!.series).toBe(50);
    const shown = bed.shown('workload').reduce((sum, { values }) => sum + values.bytes!, 0);
    expect(shown + bed.series.readings[0]!.expiredBytes).toBe(40 * 500 * 100);
  });

  it('counts have their labels while names are renewed in slices, between which flows begin and grow', async () => {
    const bed = await bedOf(20_000);
    const of = (pod: number, octets: number) => ({ ...from('', octets), sourcePodName: `pod${pod}` });
    const wanted = new Map<string, number>();
    const count = (pod: number, octets: number) =>
      wanted.set(`pod${pod}`, (wanted.get(`pod${pod}`) ?? 0) + octets);
    const pods = 9_000;
    for (let pod = 0; pod < pods; pod++) {
      bed.first(pod, of(pod, 100));
      count(pod, 100);
    }
    const { dictionary } = bed.table('workload');
    const after = bed.clock.after.bind(bed.clock);
    let slicesOfRenewal = 0;
    bed.clock.after = (delayMs, callback) => {
      if (bed.table('workload').dictionary !== dictionary) {
        slicesOfRenewal++;
        for (const pod of [0, 4_500, 8_999]) {
          bed.later(pod, of(pod, 0));
          bed.advance(pod, 50, 1, 0, 0);
          count(pod, 50);
        }
        const again = 8_000 + slicesOfRenewal;
        bed.first(pods + slicesOfRenewal, of(again, 100));
        count(again, 100);
      }
      return after(delayMs, callback);
    };
    bed.clock.advance(10_000);
    expect(slicesOfRenewal).toBe(2);
    bed.first(2 * pods, of(8_500, 100));
    count(8_500, 100);
    const shown = bed.shown('workload').map(({ labels, values }) => [labels.source_workload, values.bytes]);
    expect(new Map(shown as [string, number][])).toEqual(wanted);
  });

  it('a series with only "other" labels is the same one', async () => {
    const bed = new SeriesBed({ groupings: ['node'], seriesLimit: 1 });
    bed.first(0, { ...podToPod, sourceNodeName: 'other', destinationNodeName: 'other', ...deltas(5, 1) });
    bed.first(1, { ...podToPod, ...deltas(5, 1) });
    bed.first(2, { ...podToPod, sourceNodeName: 'node-c', ...deltas(5, 1) });
    expect(bed.shown('node').map(({ labels, values }) => [labels.source_node, values.bytes])).toEqual([
      ['other', 10],
      ['node-a', 5],
    ]);
  });
});

describe('an idle series', () => {
  it('expires after its last flow was absent for the idle time, and its counts remain as expired', async () => {
    const bed = await bedOf(10, 60_000);
    bed.first(0, from(0, 100));
    bed.series.close(0);
    bed.clock.advance(60_000);
    expect(workloads(bed)).toEqual(['web-0x']);
    bed.clock.advance(40_000);
    expect(workloads(bed)).toEqual([]);
    expect(bed.series.readings).toMatchObject([
      { series: 0, expired: 1, expiredBytes: 100, expiredPackets: 1 },
    ]);
  });

  it('stays while one of its flows may continue', async () => {
    const bed = await bedOf(10, 60_000);
    bed.first(0, from(0, 100));
    bed.clock.advance(600_000);
    bed.advance(0, 5, 1, 0, 0);
    expect(bed.values('workload', { source_workload: 'web-0x' })).toMatchObject({ bytes: 105 });
  });

  it('begins at zero with a new start time when it returns', async () => {
    const bed = await bedOf(10, 60_000);
    bed.first(0, from(0, 100));
    const [first] = bed.shown('workload');
    const generation = bed.table('workload').generations[2];
    bed.series.close(0);
    bed.clock.advance(120_000);
    bed.first(0, from(0, 7));
    const [second] = bed.shown('workload');
    expect(second).toMatchObject({ values: { bytes: 7, flows: 1 }, startedAt: bed.clock.now() });
    expect(second!.startedAt).toBeGreaterThan(first!.startedAt);
    expect(bed.table('workload').generations[2]).toBe(generation! + 1);
  });
});

describe('a held table', () => {
  it('removes no series, while counts rise and series are added', async () => {
    const bed = await bedOf(2, 20_000);
    bed.first(0, from(0, 100));
    bed.series.close(0);
    const table = bed.table('workload');
    table.hold();
    bed.clock.advance(50_000);
    bed.first(1, from(1, 100));
    bed.advance(1, 5, 1, 0, 0);
    expect(workloads(bed)).toEqual(['web-0x', 'web-1x']);
    table.release();
    bed.clock.advance(10_000);
    expect(workloads(bed)).toEqual(['web-1x']);
  });

  it('resumes removal after a minute without its reader', async () => {
    const bed = await bedOf(2, 20_000);
    bed.first(0, from(0, 100));
    bed.series.close(0);
    bed.table('workload').hold();
    bed.clock.advance(80_000);
    expect(workloads(bed)).toEqual([]);
  });
});
