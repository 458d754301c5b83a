/**
 * LogsQL over the lines that Weir writes to VictoriaLogs, with the meaning of the LogQL in flow-log.ts. One
 * query reads all its ranges at once and counts each by itself, where LogQL reads one after the other. What
 * takes time is done to sums instead of lines.
 */
import { mostAtOnce, workloadInPod } from './flow-log.ts';

/** All lines; `more` are further matchers of stream fields. */
export const flowStreams = (more = ''): string =>
  `{service_name="weir-flows"${more === '' ? '' : `,${more}`}}`;

export const deniedStreams = flowStreams('verdict=~"Drop|Reject"');

/** A query within another. */
export const inner = (query: string): string => `(\n  ${query.replaceAll('\n', '\n  ')}\n)`;

/** Holds where there is any line in the range. */
export const anyLine = (range: string): string =>
  `service_name:in(${flowStreams()} ${range} | limit 1 | fields service_name)`;

/** The whole value, as in LogQL; LogsQL else looks for a part of it. */
export const matches = (field: string, pattern: string): string => `${field}:~\`^(${pattern})$\``;

/** How many lines a sum has in the range, beside what it has in others. */
export const countIn = (range: string, name: string): string => `count() if (${range}) as ${name}`;

/** Fields of one end that sums go by before `named`. */
export const podFields = (end: 'source' | 'destination'): string => `${end}PodNamespace, ${end}PodName`;

/** Gives sums by Pods the labels that series of Prometheus have. */
export const named = (end: 'source' | 'destination', prefix = ''): string =>
  `| rename ${end}PodNamespace as ${prefix}namespace, ${end}PodName as ${prefix}workload
| replace_regexp (\`^${workloadInPod}$\`, "$1") at ${prefix}workload`;

const directions = ['ingress', 'egress'] as const;

/** What sums of denied lines go by before `withPolicy`. */
export const policyFields = directions
  .flatMap((direction) =>
    ['Namespace', 'Name', 'RuleAction'].map((part) => `${direction}NetworkPolicy${part}`),
  )
  .join(', ');

const policyOf = (direction: (typeof directions)[number]): string =>
  `"<${direction}NetworkPolicyNamespace>/<${direction}NetworkPolicyName>" as policy`;

/**
 * Of denied lines, the policy that denied them: of two the one that did not allow. It is empty where none is
 * named.
 */
export const withPolicy = `| format ${policyOf('egress')}
| format if (ingressNetworkPolicyRuleAction:in(Drop, Reject)) ${policyOf('ingress')}
| replace_regexp ("^/", "") at policy`;

/** The biggest sums, as many as one rule may raise. */
export const mostOf = (count: string): string => `| sort by (${count} desc) limit ${mostAtOnce}`;
