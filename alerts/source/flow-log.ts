/**
 * LogQL over the lines that Weir writes to Loki, one for each flow record. Sums group by labels and
 * structured metadata and become workloads afterwards, so that the costly part runs once for each sum, not
 * for each line.
 */
import { values } from './thresholds.ts';

/** All lines; `more` are further matchers of labels. */
export const flowLog = (more = ''): string => `{service_name="weir-flows"${more === '' ? '' : `, ${more}`}}`;

export const deniedLog = flowLog('verdict=~"Drop|Reject"');

/**
 * A value of values.yaml, as it stands in an expression.
 * @throws {TypeError} with the name that values.yaml lacks
 */
export function logValue(name: string): string {
  const one = values.logs[name];
  if (one === undefined) throw new TypeError(`alerts/source/values.yaml has no "${name}" under "logs"`);
  return one.unit === 'names' ? (one.value as readonly string[]).join('|') : String(one.value);
}

const random = '[b-df-hj-np-tv-xz24-9]';

/** Matches a workload's name in a Pod's, as src/flow/workload-name.ts does. */
export const workloadInPod = `(.+?)(?:(?:-${random}{6,10}|-[0-9]+)?-${random}{5}|-[0-9]{1,5})?`;

/** Names of one end by which sums group before `withPodNames`. */
export const podOf = (end: 'source' | 'destination'): string => `${end}PodNamespace, ${end}PodName`;

/** Gives sums by Pods the labels of Prometheus's series. */
export function withPodNames(end: 'source' | 'destination', sums: string, prefix = ''): string {
  const inNamespace = withLabel(sums, `${prefix}namespace`, `${end}PodNamespace`, '(.*)');
  return withLabel(inNamespace, `${prefix}workload`, `${end}PodName`, workloadInPod);
}

/** Sets a label from another when the pattern matches. */
export const withLabel = (sums: string, label: string, from: string, pattern: string, to = '$1'): string =>
  `label_replace(${sums}, "${label}", "${to}", "${from}", \`${pattern}\`)`;

const policyOf = (direction: 'ingress' | 'egress'): string =>
  `{{ with .${direction}NetworkPolicyNamespace }}{{ . }}/{{ end }}{{ .${direction}NetworkPolicyName }}`;

/** The policy that denied a line: of two policies, the one that did not allow it. */
export const withPolicy = `| label_format policy=\`{{ if or (eq .ingressNetworkPolicyRuleAction "Drop") (eq .ingressNetworkPolicyRuleAction "Reject") }}${policyOf('ingress')}{{ else }}${policyOf('egress')}{{ end }}\``;

/** Maximum alerts of one rule at a time: Loki refuses 500, and nobody reads them. */
export const mostAtOnce = 50;
