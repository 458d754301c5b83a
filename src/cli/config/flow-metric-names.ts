/** The groupings of flow metrics that a file can switch on. */
export const groupingNames = [
  'node',
  'namespace',
  'workload',
  'pod',
  'service',
  'zone',
  'policy',
  'external',
  'port',
] as const;

export type GroupingName = (typeof groupingNames)[number];

/** The labels that a metric of one's own can be split by: those of all groupings. */
export const labelNames = [
  'cluster',
  'source_node',
  'destination_node',
  'source_namespace',
  'source_kind',
  'destination_namespace',
  'destination_kind',
  'source_workload',
  'destination_workload',
  'source_pod',
  'destination_pod',
  'service_namespace',
  'service',
  'service_port',
  'service_kind',
  'source_zone',
  'destination_zone',
  'policy_namespace',
  'policy',
  'policy_type',
  'rule',
  'action',
  'policy_direction',
  'namespace',
  'workload',
  'kind',
  'range',
  'protocol',
  'port',
  'direction',
] as const;
