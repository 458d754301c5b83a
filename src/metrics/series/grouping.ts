/**
 * The one table of groupings: the labels that group flows, and what is counted in each group. Each grouping
 * has its own metrics, so that no sum over one metric counts anything twice.
 */
import type { Measure } from './series-table.ts';

/** The quantities, in the order in which they are shown. */
export const quantities = {
  bytes: { otelName: 'bytes', unit: 'By', description: 'octets of IP packets' },
  packets: { otelName: 'packets', unit: '{packet}', description: 'IP packets' },
  flows: { otelName: 'flows', unit: '{flow}', description: 'flows that began' },
  denied_flows: {
    otelName: 'denied.flows',
    unit: '{flow}',
    description: 'flows that a policy or a rule dropped or rejected',
  },
  denied_packets: {
    otelName: 'denied.packets',
    unit: '{packet}',
    description:
      'packets, from the end that opened them, of flows that a policy or a rule dropped or rejected',
  },
  unanswered_flows: {
    otelName: 'unanswered.flows',
    unit: '{flow}',
    description: 'TCP and UDP flows over without a packet back, denied ones left out',
  },
  reset_flows: {
    otelName: 'reset.flows',
    unit: '{flow}',
    description: 'TCP flows that ended by a reset, where the exporter tells',
  },
  sent_packets: {
    otelName: 'sent.packets',
    unit: '{packet}',
    description: 'packets as the node of the sending end counted them, of flows that both nodes report',
  },
  received_packets: {
    otelName: 'received.packets',
    unit: '{packet}',
    description:
      'packets as the node of the receiving end counted them, of flows that both nodes report: less than sent ones by what was lost on the way',
  },
} as const satisfies Record<string, { otelName: string; unit: string; description: string }>;

export type Quantity = keyof typeof quantities;

/**
 * Labels of all groupings, and the meaning of each. A label without a value is left out. None has the name of
 * a target label of the Prometheus operator (namespace, service, pod, container, endpoint, job, instance).
 * Prometheus would show the target's value instead.
 */
export const labels = {
  cluster: 'cluster that the records are from',
  source_node: 'node of the source',
  destination_node: 'node of the destination',
  source_namespace: 'namespace of the source Pod',
  source_workload: 'workload of the source Pod, else its node or address range',
  source_pod: 'source Pod, else its node or address range',
  source_kind: 'what the source is: Pod, Node or Range',
  source_zone: "zone of the source's node",
  destination_namespace: 'namespace of the destination Pod',
  destination_workload: 'workload of the destination Pod, else its node or address range',
  destination_pod: 'destination Pod, else its node or address range',
  destination_kind: 'what the destination is: Pod, Node or Range',
  destination_zone: "zone of the destination's node",
  service_namespace: 'namespace of the Service',
  service_name: 'Service, else the node or address range that was reached',
  service_port: "name of the Service's port, else its number",
  service_kind: 'what was reached: Service, Node or Range',
  policy_namespace: 'namespace of the policy',
  policy: 'policy that decided',
  policy_type: 'kind of the policy',
  rule: 'its rule that decided',
  action: 'what the rule did: Allow, Drop or Reject',
  policy_direction: 'ingress: decided at the destination; egress: at the source',
  workload_namespace: 'namespace of the Pod on the inside',
  workload: 'workload of the Pod on the inside, else its node or address range',
  kind: 'what is on the inside: Pod, Node or Range',
  range: 'address range on the outside',
  protocol: 'protocol over IP',
  port: 'port of the destination, after destination NAT',
  direction:
    'original or reverse: to the destination or from it; of an external range transmit or receive, from the inside',
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
    description: 'that a policy decided on',
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
    description: 'between workloads and address ranges outside',
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
