import { expect, it } from 'vitest';
import { recordFlows } from '../../grafana-dashboards/pictures/history/flows.ts';
import { recordAgents, recordAggregator } from '../../grafana-dashboards/pictures/history/processes.ts';
import { Recorder } from '../../grafana-dashboards/pictures/history/recorder.ts';
import { dashboardQueries } from '../support/dashboard-queries.ts';

it('the history for pictures has every Weir metric of the dashboards', () => {
  const end = new Date('2026-11-28T12:00:00Z');
  const recorder = new Recorder(end);
  recordFlows(recorder, {});
  recordAgents(recorder, 'blue');
  recordAggregator(recorder, 'blue', end.getTime());
  const recorded = new Set(recorder.series.map(({ labels }) => labels.__name__));
  const asked = dashboardQueries().flatMap(({ promql }) => [
    ...promql.matchAll(/(?<![\w:])(?:weir|antrea|process)_\w+(?=[{[])/g),
  ]);
  const names = new Set(asked.map(([name]) => name));
  expect(names.size).toBeGreaterThan(60);
  expect([...names].filter((name) => !recorded.has(name))).toEqual([]);
  for (const { times, values } of recorder.series) {
    expect(times.at(-1)).toBe(end.getTime());
    expect(values.every(Number.isFinite)).toBe(true);
  }
});
