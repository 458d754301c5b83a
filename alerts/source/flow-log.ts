/**
 * LogQL over the lines that Weir writes to Loki, one for each flow record. Sums go by what is label or
 * structured metadata and only then become workloads, so that nothing is worked out for every line that can
 * be worked out for every sum.
 */
import { values } from './thresholds.ts';

/** All lines; `more` are further matchers of labels. */
export const flowLog = (more = ''): string => `{service_name="weir-flows"${more === '' ? '' : `, ${more}`}}`;

export const deniedLog = flowLog('verdict=~"Drop|Reject"');

/**
 * A value of values.yaml, as it stands in an expression.
 * @throws {TypeError} naming what values.yaml lacks
 */
export function logValue(name: string): string {
  const one = values.logs[name];
  if (one === undefined) throw new TypeError(`alerts/source/values.yaml has no "${name}" under "logs"`);
  return one.unit === 'names' ? (one.value as readonly string[]).join('|') : String(one.value);
}

const random = '[b-df-hj-np-tv-xz24-9]';

/** A workload's name in a Pod's, as src/flow/workload-name.ts finds it. */
export const workloadInPod = `(.+?)(?:(?:-${random}{6,10}|-[0-9]+)?-${random}{5}|-[0-9]{1,5})?`;

/** Names of one end that sums go by before `named`. */
export const podOf = (end: 'source' | 'destination'): string => `${end}PodNamespace, ${end}PodName`;

/** Gives sums by Pods the labels that series of Prometheus have. */
export function named(end: 'source' | 'destination', sums: string, prefix = ''): string {
  const inNamespace = relabelled(sums, `${prefix}namespace`, `${end}PodNamespace`, '(.*)');
  return relabelled(inNamespace, `${prefix}workload`, `${end}PodName`, workloadInPod);
}

/** Sets a label from another where that matches. */
export const relabelled = (sums: string, label: string, from: string, pattern: string, to = '$1'): string =>
  `label_replace(${sums}, "${label}", "${to}", "${from}", \`${pattern}\`)`;

const policyOf = (direction: 'ingress' | 'egress'): string =>
  `{{ with .${direction}NetworkPolicyNamespace }}{{ . }}/{{ end }}{{ .${direction}NetworkPolicyName }}`;

/** Of a denied line, the policy that denied it: of two the one that did not allow. */
export const withPolicy = `| label_format policy=\`{{ if or (eq .ingressNetworkPolicyRuleAction "Drop") (eq .ingressNetworkPolicyRuleAction "Reject") }}${policyOf('ingress')}{{ else }}${policyOf('egress')}{{ end }}\``;

/** How many alerts one rule may raise at a time: Loki refuses 500, and nobody reads them. */
export const mostAtOnce = 50;
