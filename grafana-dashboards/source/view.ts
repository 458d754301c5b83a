import type { GroupingName, LabelName } from '../../src/metrics/index.ts';

/** Labels with the heading of their table column, in reading order. */
export type Headings = Readonly<Partial<Record<LabelName, string>>>;

/**
 * One grouping of flow metrics for a dashboard: which of its series, and which labels distinguish its lines.
 * Each grouping has its own metric families and a view sums within one of them, so that nothing counts twice.
 */
export interface View {
  /** The name in `metrics.groupings` of the aggregator's configuration. */
  readonly grouping: GroupingName;
  /** What one line represents, as in titles: 'workload pair'. */
  readonly thing: string;
  /** The labels that identify one line. */
  readonly labels: Headings;
  readonly legend: string;
  /** Label matchers; a series counts once when any of them matches. */
  readonly matchers: readonly string[];
  /** Every series must match this beside one of the matchers. */
  readonly also?: string;
}

/** The part of a view that matches more. */
export function narrowView(view: View, also: string, thing = view.thing): View {
  return { ...view, thing, also: [view.also, also].filter(Boolean).join(', ') };
}

/** The same series, distinguished by other labels. */
export function relabelView(view: View, thing: string, labels: Headings, legend: string): View {
  return { ...view, thing, labels, legend };
}

const cluster = 'cluster=~"$cluster"';

/** The "All" of a variable also matches series without the label: a Range and a Node have no namespace. */
const eitherWorkload = [
  `${cluster}, source_namespace=~"$namespace", source_workload=~"$workload", destination_workload=~"$peer"`,
  `${cluster}, destination_namespace=~"$namespace", destination_workload=~"$workload", source_workload=~"$peer"`,
];

/** The Pods' grouping has no workload label, and a Pod's name need not begin with its workload's. */
const eitherPod = [
  `${cluster}, source_namespace=~"$namespace", source_pod=~"$pod"`,
  `${cluster}, destination_namespace=~"$namespace", destination_pod=~"$pod"`,
];

const pairLabels = (thing: string) => ({
  source_namespace: 'From namespace',
  [`source_${thing}`]: `From ${thing}`,
  destination_namespace: 'To namespace',
  [`destination_${thing}`]: `To ${thing}`,
});

const pairLegend = (thing: string) =>
  `{{source_namespace}} {{source_${thing}}} → {{destination_namespace}} {{destination_${thing}}}`;

export const workloads: View = {
  grouping: 'workload',
  thing: 'workload pair',
  labels: pairLabels('workload'),
  legend: pairLegend('workload'),
  matchers: eitherWorkload,
};

export const pods: View = {
  grouping: 'pod',
  thing: 'Pod pair',
  labels: pairLabels('pod'),
  legend: pairLegend('pod'),
  matchers: eitherPod,
};

export const nodes: View = {
  grouping: 'node',
  thing: 'node pair',
  labels: { source_node: 'From node', destination_node: 'To node' },
  legend: '{{source_node}} → {{destination_node}}',
  matchers: [`${cluster}, source_node=~"$node"`, `${cluster}, destination_node=~"$node"`],
  also: 'source_node!="", destination_node!=""', // an outside end has no known node
};

export const zones: View = {
  grouping: 'zone',
  thing: 'zone pair',
  labels: { source_zone: 'From zone', destination_zone: 'To zone' },
  legend: '{{source_zone}} → {{destination_zone}}',
  matchers: [cluster],
};

export const services: View = {
  grouping: 'service',
  thing: 'Service',
  labels: { service_namespace: 'Namespace', service_name: 'Service', service_port: 'Port' },
  legend: '{{service_namespace}} {{service_name}}:{{service_port}}',
  matchers: [`${cluster}, service_namespace=~"$namespace"`],
};

export const policies: View = {
  grouping: 'policy',
  thing: 'policy rule',
  labels: {
    policy_namespace: 'Namespace',
    policy: 'Policy',
    rule: 'Rule',
    action: 'Action',
    policy_direction: 'Direction',
  },
  legend: '{{policy_namespace}} {{policy}} {{rule}} ({{action}}, {{policy_direction}})',
  matchers: [`${cluster}, policy_namespace=~"$namespace"`],
};

export const externalRanges: View = {
  grouping: 'external',
  thing: 'workload and range',
  labels: { workload_namespace: 'Namespace', workload: 'Workload', range: 'Range', direction: 'Direction' },
  legend: '{{workload_namespace}} {{workload}} {{direction}} {{range}}',
  matchers: [`${cluster}, workload_namespace=~"$namespace", workload=~"$workload", range=~"$peer"`],
};

export const ports: View = {
  grouping: 'port',
  thing: 'application port',
  labels: { protocol: 'Protocol', port: 'Port' },
  legend: '{{protocol}} {{port}}',
  matchers: [cluster],
};

/** Namespace to namespace, summed from the workloads' families: it needs no other grouping. */
export const namespacePairs = relabelView(
  workloads,
  'namespace pair',
  { source_namespace: 'From namespace', destination_namespace: 'To namespace' },
  '{{source_namespace}} → {{destination_namespace}}',
);

/** Ends inside the cluster: Pods, and Nodes (or plain hosts) themselves. */
export const insidePairs = narrowView(workloads, 'source_kind=~"Pod|Node", destination_kind=~"Pod|Node"');
export const insidePodPairs = narrowView(pods, 'source_kind=~"Pod|Node", destination_kind=~"Pod|Node"');
/** From inside to an address range, and back. */
export const outbound = narrowView(workloads, 'source_kind!="Range", destination_kind="Range"');
export const inbound = narrowView(workloads, 'source_kind="Range", destination_kind!="Range"');

/** Workloads by the connections opened to them. */
export const called = relabelView(
  insidePairs,
  'called workload',
  { destination_namespace: 'Namespace', destination_workload: 'Workload' },
  '{{destination_namespace}} {{destination_workload}}',
);

/** The ends of the pairs inside, each separately. */
export const senders = relabelView(
  insidePairs,
  'sending workload',
  { source_namespace: 'Namespace', source_workload: 'Workload' },
  '{{source_namespace}} {{source_workload}}',
);
export const receivers: View = { ...called, thing: 'receiving workload' };

/** Traffic to a Service, and traffic back from it. */
export const toServices = narrowView(services, 'direction="original"');
export const fromServices = narrowView(services, 'direction="reverse"');

/** Pods by the address ranges they talk to, both ways. */
export const podRanges: View = {
  ...pods,
  thing: 'Pod and range',
  matchers: pods.matchers.map((matcher, end) =>
    end === 0 ? `${matcher}, destination_kind="Range"` : `${matcher}, source_kind="Range"`,
  ),
};

/**
 * Rules by their decision. One rule may let a flow out and another let it in; the flow counts for both, so
 * sums are of one direction. Only one rule denies a flow.
 */
export const lettingIn = narrowView(policies, 'action="Allow", policy_direction="ingress"', 'ingress rule');
export const lettingOut = narrowView(policies, 'action="Allow", policy_direction="egress"', 'egress rule');
export const denying = narrowView(policies, 'action=~"Drop|Reject"', 'denying rule');
export const actions = relabelView(
  policies,
  'action',
  { action: 'Action', policy_direction: 'Direction' },
  '{{action}} {{policy_direction}}',
);

/** The source of denied connections. */
export const deniedCallers = relabelView(
  workloads,
  'caller',
  { source_namespace: 'Namespace', source_workload: 'Workload' },
  '{{source_namespace}} {{source_workload}}',
);
