/**
 * LogsQL over the lines that Weir writes to VictoriaLogs, with the meaning of the LogQL in flow-log.ts. One
 * query reads all its ranges at once and counts each separately, while LogQL reads one after the other.
 * Costly steps run on sums, not on lines.
 */
import { mostAtOnce, workloadInPod } from './flow-log.ts';

/** All lines; `more` are further matchers of stream fields. */
export const flowStreams = (more = ''): string =>
  `{service_name="weir-flows"${more === '' ? '' : `,${more}`}}`;

export const deniedStreams = flowStreams('verdict=~"Drop|Reject"');

/** A subquery. */
export const subqueryOf = (query: string): string => `(\n  ${query.replaceAll('\n', '\n  ')}\n)`;

/** True when there is any line in the range. */
export const anyLine = (range: string): string =>
  `service_name:in(${flowStreams()} ${range} | limit 1 | fields service_name)`;

/** Matches the whole value, as in LogQL; LogsQL would match a part of it. */
export const matchesWhole = (field: string, pattern: string): string => `${field}:~\`^(${pattern})$\``;

/** The number of a sum's lines in the range, beside those in other ranges. */
export const countIn = (range: string, name: string): string => `count() if (${range}) as ${name}`;

/** Fields of one end by which sums group before `renamePod`. */
export const podFields = (end: 'source' | 'destination'): string => `${end}PodNamespace, ${end}PodName`;

/** Gives sums by Pods the labels of Prometheus's series. */
export const renamePod = (end: 'source' | 'destination', prefix = ''): string =>
  `| rename ${end}PodNamespace as ${prefix}namespace, ${end}PodName as ${prefix}workload
| replace_regexp (\`^${workloadInPod}$\`, "$1") at ${prefix}workload`;

const directions = ['ingress', 'egress'] as const;

/** Fields by which sums of denied lines group before `withPolicy`. */
export const policyFields = directions
  .flatMap((direction) =>
    ['Namespace', 'Name', 'RuleAction'].map((part) => `${direction}NetworkPolicy${part}`),
  )
  .join(', ');

const policyOf = (direction: (typeof directions)[number]): string =>
  `"<${direction}NetworkPolicyNamespace>/<${direction}NetworkPolicyName>" as policy`;

/**
 * The policy that denied the lines: of two policies, the one that did not allow them. Empty when none is
 * named.
 */
export const withPolicy = `| format ${policyOf('egress')}
| format if (ingressNetworkPolicyRuleAction:in(Drop, Reject)) ${policyOf('ingress')}
| replace_regexp ("^/", "") at policy`;

/** The biggest sums, at most as many as one rule may raise. */
export const mostOf = (count: string): string => `| sort by (${count} desc) limit ${mostAtOnce}`;
