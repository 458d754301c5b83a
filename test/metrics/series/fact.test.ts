import { expect, it } from 'vitest';
import { type FlowRecord, RuleAction } from '../../../src/flow/index.ts';
import { type LabelName, labels } from '../../../src/metrics/series/grouping.ts';
import { deltas, SeriesBed } from './test-bed.ts';

/** Another value in each field that a label is taken from. */
const betweenPods: FlowRecord = {
  clusterId: 'cluster-1',
  sourceIP: '10.10.0.1',
  destinationIP: '10.10.1.1',
  protocolIdentifier: 6,
  destinationTransportPort: 8080,
  sourcePodNamespace: 'namespace-1',
  sourcePodName: 'source-0',
  sourceNodeName: 'node-1',
  destinationPodNamespace: 'namespace-2',
  destinationPodName: 'destination-0',
  destinationNodeName: 'node-2',
  destinationServicePortName: 'namespace-3/service-3:port-3',
  egressNetworkPolicyNamespace: 'namespace-4',
  egressNetworkPolicyName: 'policy-4',
  egressNetworkPolicyType: 1,
  egressNetworkPolicyRuleName: 'rule-4',
  egressNetworkPolicyRuleAction: RuleAction.drop,
};

const toInternet: FlowRecord = {
  sourceIP: '10.10.0.1',
  sourcePodNamespace: 'namespace-1',
  sourcePodName: 'source-0',
  sourceNodeName: 'node-1',
  destinationIP: '192.0.2.1',
};

/** What each label shows for what goes to the destination, and for what comes back. */
const shown: Record<LabelName, readonly [there: string, back: string]> = {
  cluster: ['cluster-1', 'cluster-1'],
  source_node: ['node-1', 'node-2'],
  source_namespace: ['namespace-1', 'namespace-2'],
  source_workload: ['source', 'destination'],
  source_pod: ['source-0', 'destination-0'],
  source_kind: ['Pod', 'Pod'],
  source_zone: ['zone-1', 'zone-2'],
  destination_node: ['node-2', 'node-1'],
  destination_namespace: ['namespace-2', 'namespace-1'],
  destination_workload: ['destination', 'source'],
  destination_pod: ['destination-0', 'source-0'],
  destination_kind: ['Pod', 'Pod'],
  destination_zone: ['zone-2', 'zone-1'],
  service_namespace: ['namespace-3', 'namespace-3'],
  service_name: ['service-3', 'service-3'],
  service_port: ['port-3', 'port-3'],
  service_kind: ['Service', 'Service'],
  policy_namespace: ['namespace-4', 'namespace-4'],
  policy: ['policy-4', 'policy-4'],
  policy_type: ['K8sNetworkPolicy', 'K8sNetworkPolicy'],
  rule: ['rule-4', 'rule-4'],
  action: ['Drop', 'Drop'],
  policy_direction: ['egress', 'egress'],
  workload_namespace: ['namespace-1', 'namespace-1'],
  workload: ['source', 'source'],
  kind: ['Pod', 'Pod'],
  range: ['internet', 'internet'],
  protocol: ['TCP', 'TCP'],
  port: ['8080', '8080'],
  direction: ['original', 'reverse'],
};

const ofInside: readonly LabelName[] = ['workload_namespace', 'workload', 'kind', 'range'];

it.each(Object.keys(labels) as LabelName[])('the label %s shows the field in its name', (label) => {
  const bed = new SeriesBed({
    groupings: [],
    defined: [{ name: 'asked', type: 'counter', value: 'octets', labels: [label] }],
    zones: { 'node-1': 'zone-1', 'node-2': 'zone-2' },
  });
  bed.first(0, { ...(ofInside.includes(label) ? toInternet : betweenPods), ...deltas(100, 1, 7, 1) });
  const [there, back] = shown[label];
  const octets = bed.shown('asked').map(({ labels, values }) => [labels[label], values.bytes]);
  expect(octets).toEqual(
    there === back
      ? [[there, 107]]
      : [
          [there, 100],
          [back, 7],
        ],
  );
});
