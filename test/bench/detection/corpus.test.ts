import { describe, expect, it } from 'vitest';
import { metricName } from '../../../bench/detection/corpus/flow-series.ts';
import {
  drawCorpus,
  happeningKinds,
  minuteOf,
  seriesOf,
  workloadSubjects,
} from '../../../bench/detection/corpus/index.ts';
import { groupings } from '../../../src/metrics/index.ts';

const metric = 'weir_flow_workload_bytes_total';
const { world, happenings } = drawCorpus('tuning', 0);
const series = [...seriesOf(world, (name) => (name === metric ? 0 : undefined))];

const toServer = (subject: string) =>
  series.filter(({ labels }) =>
    workloadSubjects({
      namespace: labels.destination_namespace ?? '',
      name: labels.destination_workload!,
      kind: 'Pod',
      nodes: [],
    }).includes(subject),
  );

describe('a world of the corpus', () => {
  it('is the same for the same half and number', () => {
    const again = drawCorpus('tuning', 0);
    expect(again.happenings).toEqual(happenings);
    expect(drawCorpus('judged', 0).happenings).not.toEqual(happenings);
  });

  it('has nearly every kind of event', () => {
    const kinds = new Set(happenings.map(({ kind }) => kind));
    const missing = Object.keys(happeningKinds).filter((kind) => !kinds.has(kind as never));
    expect(missing.filter((kind) => !kind.startsWith('holiday')).length).toBeLessThanOrEqual(2);
  });

  it('has counters that fall only when the aggregator or the series begins anew', () => {
    for (const { times, values } of series) {
      values.forEach((value, k) => {
        const before = values[k - 1];
        if (before === undefined || !(value < before)) return;
        const restarted = [minuteOf(times[k]!) - 1, minuteOf(times[k]!)].some((minute) =>
          world.restarts.has(minute),
        );
        expect(restarted).toBe(true);
      });
    }
  });

  it('marks vanished series once', () => {
    for (const { values } of series) {
      values.forEach((value, k) => {
        if (Number.isNaN(value)) expect(values[k - 1]).toBeGreaterThanOrEqual(0);
      });
    }
    expect(series.some(({ values }) => values.some(Number.isNaN))).toBe(true);
  });

  it('counts nothing more while a workload is at zero', () => {
    // whoever else is denied may be so on the way to it
    const denied = happenings.filter(({ kind }) => kind.startsWith('denied flows'));
    const falls = happenings.filter(
      ({ kind, during }) =>
        kind === 'workload falls to zero' &&
        denied.every((other) => other.during.to < during.from || during.to < other.during.from),
    );
    expect(falls.length).toBeGreaterThan(2);
    for (const { subjects, during } of falls) {
      for (const { times, values } of toServer(subjects[0]!)) {
        const within = values.filter((_, k) => {
          const minute = minuteOf(times[k]!);
          return minute > during.from + 1 && minute < during.to - 1 && !Number.isNaN(values[k]!);
        });
        // denied connections go on: some octets a minute
        const grown = within.length === 0 ? 0 : within.at(-1)! - within[0]!;
        expect(grown).toBeLessThanOrEqual(60 * 60 * within.length);
      }
    }
  });

  it('uses groupings and labels of Weir', () => {
    for (const [grouping, { labels, quantities }] of Object.entries(groupings)) {
      const names = new Set<string>(quantities.map((quantity) => metricName(grouping, quantity)));
      const known = new Set<string>([...labels, '__name__', 'job', 'instance']);
      const own = series.filter((one) => names.has(one.labels.__name__!));
      expect(own.flatMap((one) => Object.keys(one.labels)).filter((label) => !known.has(label))).toEqual([]);
    }
  });

  it('has a holiday in every third world, and every second calendar contains it from midnight to midnight', () => {
    const drawn = [1, 2, 5].map((index) => drawCorpus('tuning', index));
    const days = drawn.map((one) => one.happenings.find(({ kind }) => kind.startsWith('holiday')));
    expect(days.map((day) => day?.kind)).toEqual([undefined, 'holiday', 'holiday of the calendar']);
    expect(drawn.map((one) => one.world.holidays.map(({ isTold }) => isTold))).toEqual([[], [false], [true]]);
    const told = seriesOf(drawn[2]!.world, (name) => (name === 'weir:holiday:info' ? 0 : undefined));
    const { times, values } = told.next().value!;
    expect([minuteOf(times[0]!), minuteOf(times.at(-1)!)]).toEqual(Object.values(days[2]!.during));
    expect([values[0], values.at(-2), values.at(-1)]).toEqual([1, 1, Number.NaN]);
  });
});
