/**
 * The one table of groupings: the labels that group flows, and what is counted in each group. Each grouping
 * has its own metrics, so that no sum over one metric counts anything twice.
 */
import type { Measure } from './series-table.ts';

/** The quantities, in the order in which they are shown. */
export const quantities = {
  bytes: { otelName: 'bytes', unit: 'By', description: 'octets of IP packets' },
  packets: { otelName: 'packets', unit: '{packet}', description: 'IP packets' },
  flows: { otelName: 'flows', unit: '{flow}', description: 'flows begun' },
  denied_flows: {
    otelName: 'denied.flows',
    unit: '{flow}',
    description: 'flows that a policy or a rule dropped or rejected',
  },
  denied_packets: {
    otelName: 'denied.packets',
    unit: '{packet}',
    description:
      'packets of flows that a policy or a rule dropped or rejected, from the end that opened them',
  },
  unanswered_flows: {
    otelName: 'unanswered.flows',
    unit: '{flow}',
    description: 'TCP and UDP flows that ended without a reply packet, except denied ones',
  },
  reset_flows: {
    otelName: 'reset.flows',
    unit: '{flow}',
    description: 'TCP flows that ended by a reset, where the exporter reports this',
  },
  sent_packets: {
    otelName: 'sent.packets',
    unit: '{packet}',
    description: "packets counted by the sender's node, of flows that both nodes report",
  },
  received_packets: {
    otelName: 'received.packets',
    unit: '{packet}',
    description:
      "packets counted by the receiver's node, of flows that both nodes report; the difference to sent packets was lost on the way",
  },
} as const satisfies Record<string, { otelName: string; unit: string; description: string }>;

export type Quantity = keyof typeof quantities;

/**
 * Labels of all groupings, and the meaning of each. A label without a value is left out. None has the name of
 * a target label of the Prometheus operator (namespace, service, pod, container, endpoint, job, instance).
 * Prometheus would show the target's value instead.
 */
export const labels = {
  cluster: 'cluster of the records',
  source_node: 'node of the source',
  destination_node: 'node of the destination',
  source_namespace: 'namespace of the source Pod',
  source_workload: 'workload of the source Pod, else its node or address range',
  source_pod: 'source Pod, else its node or address range',
  source_kind: 'kind of the source: Pod, Node or Range',
  source_zone: "zone of the source's node",
  destination_namespace: 'namespace of the destination Pod',
  destination_workload: 'workload of the destination Pod, else its node or address range',
  destination_pod: 'destination Pod, else its node or address range',
  destination_kind: 'kind of the destination: Pod, Node or Range',
  destination_zone: "zone of the destination's node",
  service_namespace: 'namespace of the Service',
  service_name: 'Service, else the node or address range of the destination',
  service_port: "name of the Service's port, else its number",
  service_kind: 'kind of the destination: Service, Node or Range',
  policy_namespace: 'namespace of the policy',
  policy: 'policy that applied',
  policy_type: 'kind of the policy',
  rule: 'rule of the policy that applied',
  action: 'action of the rule: Allow, Drop or Reject',
  policy_direction: 'ingress: applied at the destination; egress: applied at the source',
  workload_namespace: 'namespace of the internal Pod',
  workload: 'workload of the internal Pod, else its node or address range',
  kind: 'kind of the internal end: Pod, Node or Range',
  range: 'external address range',
  protocol: 'protocol over IP',
  port: 'port of the destination, after destination NAT',
  direction:
    'original or reverse: to or from the destination; for external ranges transmit or receive, as the internal end sees it',
} as const satisfies Record<string, string>;

export type LabelName = keyof typeof labels;

export interface Grouping {
  readonly description: string;
  /** All labels, `cluster` included. */
  readonly labels: readonly LabelName[];
  readonly quantities: readonly Quantity[];
}

const all = Object.keys(quantities) as Quantity[];

export const groupings = {
  node: {
    description: 'between nodes',
    labels: ['cluster', 'source_node', 'destination_node'],
    quantities: all,
  },
  namespace: {
    description: 'between namespaces',
    labels: ['cluster', 'source_namespace', 'source_kind', 'destination_namespace', 'destination_kind'],
    quantities: [
      'bytes',
      'packets',
      'flows',
      'denied_flows',
      'denied_packets',
      'unanswered_flows',
      'reset_flows',
    ],
  },
  workload: {
    description: 'between workloads',
    labels: [
      'cluster',
      'source_namespace',
      'source_workload',
      'source_kind',
      'destination_namespace',
      'destination_workload',
      'destination_kind',
    ],
    quantities: all,
  },
  pod: {
    description: 'between Pods',
    labels: [
      'cluster',
      'source_namespace',
      'source_pod',
      'source_kind',
      'destination_namespace',
      'destination_pod',
      'destination_kind',
    ],
    quantities: ['bytes', 'packets', 'flows'],
  },
  service: {
    description: 'to Services',
    labels: ['cluster', 'service_namespace', 'service_name', 'service_port', 'service_kind', 'direction'],
    quantities: ['bytes', 'packets', 'flows', 'unanswered_flows'],
  },
  zone: {
    description: 'between zones',
    labels: ['cluster', 'source_zone', 'destination_zone'],
    quantities: ['bytes', 'packets'],
  },
  policy: {
    description: 'matched by a policy rule',
    labels: [
      'cluster',
      'policy_namespace',
      'policy',
      'policy_type',
      'rule',
      'action',
      'policy_direction',
      'direction',
    ],
    quantities: ['bytes', 'packets', 'flows'],
  },
  external: {
    description: 'between workloads and external address ranges',
    labels: ['cluster', 'workload_namespace', 'workload', 'kind', 'range', 'direction'],
    quantities: ['bytes', 'packets', 'flows'],
  },
  port: {
    description: 'to application ports',
    labels: ['cluster', 'protocol', 'port', 'direction'],
    quantities: ['bytes', 'packets', 'flows', 'denied_flows'],
  },
} as const satisfies Record<string, Grouping>;

export type GroupingName = keyof typeof groupings;

export const groupingNames = Object.keys(groupings) as GroupingName[];

/** The metrics of a grouping, in the order of its quantities. */
export function measuresOf(name: GroupingName): Measure[] {
  const grouping: Grouping = groupings[name];
  return grouping.quantities.map((quantity) => {
    const { otelName, unit, description } = quantities[quantity];
    return {
      name: `weir_flow_${name}_${quantity}_total`,
      otelName: `weir.flow.${name}.${otelName}`,
      unit,
      description: `${description}, ${grouping.description}`,
      type: 'counter' as const,
    };
  });
}

/** Labels that mean something else than `labels` says, by grouping. */
export const labelNotes: Partial<Record<GroupingName, Partial<Record<LabelName, string>>>> = {
  namespace: {
    source_namespace: 'namespace of the source Pod, else its node or address range',
    destination_namespace: 'namespace of the destination Pod, else its node or address range',
  },
};
