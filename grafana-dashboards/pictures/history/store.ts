import { join } from 'node:path';
import type { Firing } from '../../../bench/detection/engine/alert-state.ts';
import { evaluateRules } from '../../../bench/detection/engine/evaluation.ts';
import { readRuleGroups } from '../../../bench/detection/engine/rules.ts';
import { SampleStore } from '../../../bench/detection/engine/sample-store.ts';
import { recordFlows } from './flows.ts';
import { recordAgents, recordAggregator } from './processes.ts';
import { Recorder } from './recorder.ts';

const cluster = 'blue';
const alertStepMs = 60_000;

/**
 * A real Prometheus with eight hours of a made-up cluster until `end`, and the shipped rules' series and
 * alerts. Half an hour before the end, for twenty minutes, a backup fills a link, connections to checkout
 * stay unanswered, and somebody scans.
 */
export async function storeOfHistory(end: Date): Promise<SampleStore> {
  const store = await SampleStore.start();
  const recorder = new Recorder(end);
  recordFlows(recorder, { job: 'weir-aggregator', instance: 'aggregator:9464', cluster });
  recordAgents(recorder, cluster);
  recordAggregator(recorder, cluster, end.getTime());
  for (const series of recorder.series) await store.write(series);
  const span = { startMs: recorder.startMs, endMs: end.getTime() };
  const groups = readRuleGroups(join(import.meta.dirname, '../../../alerts'));
  for (const firing of await evaluateRules(store, groups, span, span))
    await writeAlert(store, firing, span.endMs);
  return store;
}

/** In the form of Prometheus's own series ALERTS. */
async function writeAlert(
  store: SampleStore,
  { alert, labels, startMs, endMs }: Firing,
  lastMs: number,
): Promise<void> {
  const isOver = endMs < lastMs - alertStepMs;
  const count = Math.floor((endMs - startMs) / alertStepMs) + 1;
  const times = Array.from({ length: count }, (_, step) => startMs + step * alertStepMs);
  const { __name__: _, ...own } = labels;
  await store.write({
    labels: { ...own, __name__: 'ALERTS', alertname: alert, alertstate: 'firing' },
    times,
    values: times.map((_time, step) => (isOver && step === count - 1 ? Number.NaN : 1)),
  });
}
