/**
 * Why something may be quiet, from kube-state-metrics when it is there: scaled to zero, rolled out right now,
 * deleted, cordoned. One excuse works without it: another version of the workload has taken over. Without a
 * metric, its excuse never applies and nothing else changes. An alert does not wait for what is retired
 * (scaled to zero, deleted, replaced), but for what is rolled out.
 *
 * Another version has taken over when workloads of that name without the version carry half of the usual
 * traffic. None of them was there a day ago (or, when nothing was seen then, within six hours before). A
 * Service shares the excuse of the workload with its name.
 */
import { type Group, makeRecording } from './rule.ts';

const asWorkload = (label: string, expr: string): string =>
  `label_replace(${expr}, "workload", "$1", "${label}", "(.+)")`;

/**
 * Series that existed within a day and are gone, while others of their kind remain: so the metric itself is
 * not gone.
 */
export const removedSeries = (series: string): string =>
  `last_over_time(${series}[1d:1h]) unless ${series} and on () group(${series})`;

/**
 * A workload's name without the version at its end: checkout-v2, checkout-2024.1, checkout-5f7 become
 * checkout.
 */
const withFamily = (expr: string): string =>
  `label_replace(${expr}, "family", "$1", "workload", "(.+?)([-.]?v?[0-9][0-9a-z.]*)?")`;

const workload = 'workload:weir_flow_bytes';

/** A Service has the name of its workload. */
const asService = (series: string): string => `label_replace(${series}, "service", "$1", "workload", "(.+)")`;

export const excuses: Group = {
  name: 'weir-excuses',
  interval: '1m',
  rules: [
    makeRecording(
      'workload:weir_kube_replicas:spec',
      `max by (namespace, workload) (
  ${asWorkload('deployment', 'kube_deployment_spec_replicas')}
  or ${asWorkload('statefulset', 'kube_statefulset_replicas')}
  or ${asWorkload('daemonset', 'kube_daemonset_status_desired_number_scheduled')}
)`,
    ),
    makeRecording(
      'workload:weir_kube_replicas:updated',
      `max by (namespace, workload) (
  ${asWorkload('deployment', 'kube_deployment_status_replicas_updated')}
  or ${asWorkload('statefulset', 'kube_statefulset_status_replicas_updated')}
  or ${asWorkload('daemonset', 'kube_daemonset_status_updated_number_scheduled')}
)`,
    ),
    makeRecording(
      'workload:weir_replaced:info',
      `group by (namespace, workload) (
  0.5 * ${withFamily(`${workload}:usual`)}
  <= on (cluster, namespace, family) group_left ()
  sum by (cluster, namespace, family) (
    ${withFamily(`(${workload}:rate5m unless last_over_time(${workload}:rate5m[6h] offset 1d))`)}
  )
)`,
    ),
    makeRecording(
      'workload:weir_retired:info',
      `group by (namespace, workload) (
  workload:weir_kube_replicas:spec == 0
  or (${removedSeries('workload:weir_kube_replicas:spec')})
  or workload:weir_replaced:info
)`,
    ),
    makeRecording(
      'workload:weir_quiet_expected:info',
      `group by (namespace, workload) (
  workload:weir_retired:info
  or workload:weir_kube_replicas:updated < workload:weir_kube_replicas:spec
)`,
    ),
    makeRecording('service:weir_kube:info', 'group by (namespace, service) (kube_service_info)'),
    makeRecording(
      'service:weir_retired:info',
      `group by (namespace, service) (
  (${removedSeries('service:weir_kube:info')})
  or ${asService('workload:weir_retired:info')}
)`,
    ),
    makeRecording(
      'service:weir_quiet_expected:info',
      `group by (namespace, service) (
  service:weir_retired:info
  or ${asService('workload:weir_quiet_expected:info')}
)`,
    ),
    makeRecording('node:weir_retired:info', 'group by (node) (node:weir_removed:info)'),
    makeRecording(
      'node:weir_quiet_expected:info',
      'group by (node) (kube_node_spec_unschedulable == 1) or node:weir_retired:info',
    ),
  ],
};
