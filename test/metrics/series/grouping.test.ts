import { expect, it } from 'vitest';
import { groupingNames, groupings, labels, measuresOf } from '../../../src/metrics/index.ts';

it('names of grouping metrics follow both Prometheus and OpenTelemetry', () => {
  expect(measuresOf('workload').map(({ name, otelName, unit }) => [name, otelName, unit])).toEqual([
    ['weir_flow_workload_bytes_total', 'weir.flow.workload.bytes', 'By'],
    ['weir_flow_workload_packets_total', 'weir.flow.workload.packets', '{packet}'],
    ['weir_flow_workload_flows_total', 'weir.flow.workload.flows', '{flow}'],
    ['weir_flow_workload_denied_flows_total', 'weir.flow.workload.denied.flows', '{flow}'],
    ['weir_flow_workload_denied_packets_total', 'weir.flow.workload.denied.packets', '{packet}'],
    ['weir_flow_workload_unanswered_flows_total', 'weir.flow.workload.unanswered.flows', '{flow}'],
    ['weir_flow_workload_reset_flows_total', 'weir.flow.workload.reset.flows', '{flow}'],
    ['weir_flow_workload_sent_packets_total', 'weir.flow.workload.sent.packets', '{packet}'],
    ['weir_flow_workload_received_packets_total', 'weir.flow.workload.received.packets', '{packet}'],
  ]);
});

it('each grouping has its own labels, the cluster first, and its own metrics', () => {
  for (const name of groupingNames) {
    expect(groupings[name].labels[0]).toBe('cluster');
    expect(new Set(groupings[name].labels).size).toBe(groupings[name].labels.length);
  }
  const all = groupingNames.flatMap(measuresOf).map(({ name }) => name);
  expect(new Set(all).size).toBe(all.length);
});

it('no label has the name of a target label of Prometheus or its operator', () => {
  const ofTargets = ['namespace', 'service', 'pod', 'container', 'endpoint', 'job', 'instance', 'node'];
  expect(Object.keys(labels).filter((label) => ofTargets.includes(label))).toEqual([]);
});
