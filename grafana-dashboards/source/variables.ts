import {
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableHide,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';

/*
 * Every dashboard has all of them, so that links pass them on; a dashboard hides those that its queries do
 * not use. "All" is `.*`, which also matches series without the label. Grafana escapes chosen values for
 * `=~`.
 */

export const datasource = { type: 'prometheus', uid: '$datasource' };

/** The log servers, either of which may have the lines. */
export const logSource = { type: 'loki', uid: '$loki' };
export const victoriaLogsSource = { type: 'victoriametrics-logs-datasource', uid: '$victorialogs' };

/** The number of this kind of query in the editor of Grafana's Prometheus data source. */
const LABEL_VALUES = 1;

interface Choice {
  readonly label: string;
  readonly description: string;
  readonly query: string;
}

const inCluster = 'cluster=~"$cluster"';

/** In the order in which they are shown; each may use those before it. */
const choices: Readonly<Record<string, Choice>> = {
  cluster: {
    label: 'Cluster',
    description: "The exporter's cluster id. All includes flows of exporters without one.",
    query: 'label_values(weir_flow_workload_bytes_total, cluster)',
  },
  namespace: {
    label: 'Namespace',
    description: 'The namespace of either end.',
    query: `label_values(weir_flow_workload_bytes_total{${inCluster}}, source_namespace)`,
  },
  workload: {
    label: 'Workload',
    description: 'Either end: a workload, a node, or an address range.',
    query: `label_values(weir_flow_workload_bytes_total{${inCluster}, source_namespace=~"$namespace"}, source_workload)`,
  },
  peer: {
    label: 'Peer',
    description: 'The other end of the selected workload.',
    query: `label_values(weir_flow_workload_bytes_total{${inCluster}}, destination_workload)`,
  },
  pod: {
    label: 'Pod',
    description: 'Either end, in the panels that need the grouping "pod".',
    query: `label_values(weir_flow_pod_bytes_total{${inCluster}, source_namespace=~"$namespace"}, source_pod)`,
  },
  node: {
    label: 'Node',
    description: "The agent's node name.",
    query: 'label_values(weir_exporter_collector_connected, node)',
  },
  policy: {
    label: 'Policy',
    description:
      'A policy of either direction. The list comes from the grouping "policy". You can type other names.',
    query: `label_values(weir_flow_policy_flows_total{${inCluster}, policy_namespace=~"$namespace"}, policy)`,
  },
};

/** Selectors of lines with few values. */
const kinds: Readonly<Record<string, Omit<Choice, 'query'> & { readonly values: readonly string[] }>> = {
  verdict: {
    label: 'Verdict',
    description: 'The action of a policy on the flow. All includes flows without a policy.',
    values: ['Allow', 'Drop', 'Reject'],
  },
  flowtype: {
    label: 'Kind of flow',
    description: 'The location of the two ends.',
    values: ['IntraNode', 'InterNode', 'ToExternal', 'FromExternal'],
  },
};

const all = { selected: true, text: ['All'], value: ['$__all'] };

export const variableNames = [
  'datasource',
  'loki',
  'victorialogs',
  ...Object.keys(choices),
  ...Object.keys(kinds),
  'line',
] as const;

/** @param used those that the dashboard's queries name */
export function variablesOf(used: ReadonlySet<string>): { build(): VariableModel }[] {
  const needed = new Set(used);
  // a variable whose query names another needs that one visible
  for (const [name, { query }] of Object.entries(choices).reverse()) {
    if (!needed.has(name)) continue;
    for (const other of Object.keys(choices)) if (query.includes(`$${other}"`)) needed.add(other);
  }
  const shownIfNeeded = (name: string) =>
    needed.has(name) ? VariableHide.DontHide : VariableHide.HideVariable;
  return [
    new DatasourceVariableBuilder('datasource')
      .label('Prometheus')
      .description('The data source of the metrics.')
      .type('prometheus'),
    new DatasourceVariableBuilder('loki')
      .label('Loki')
      .description('The data source of the flow log, if there is one.')
      .type('loki')
      .hide(shownIfNeeded('loki')),
    new DatasourceVariableBuilder('victorialogs')
      .label('VictoriaLogs')
      .description('The data source of the flow log, if there is one.')
      .type(victoriaLogsSource.type)
      .hide(shownIfNeeded('victorialogs')),
    ...Object.entries(choices).map(([name, { label, description, query }]) =>
      new QueryVariableBuilder(name)
        .label(label)
        .description(description)
        .datasource(datasource)
        .query({ query, qryType: LABEL_VALUES, refId: `variable-${name}` })
        .definition(query)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.NaturalAsc)
        .multi(true)
        .includeAll(true)
        .allValue('.*')
        .allowCustomValue(true)
        .current(all)
        .hide(shownIfNeeded(name)),
    ),
    ...Object.entries(kinds).map(([name, { label, description, values }]) =>
      new CustomVariableBuilder(name)
        .label(label)
        .description(description)
        .values(values.join(','))
        .multi(true)
        .includeAll(true)
        .allValue('.*')
        .current(all)
        .hide(shownIfNeeded(name)),
    ),
    new TextBoxVariableBuilder('line')
      .label('In the line')
      .description('Part of a line, such as an address, as a regular expression.')
      .defaultValue('')
      .hide(shownIfNeeded('line')),
  ];
}
