import { corePattern } from '../../src/logs/index.ts';

/*
 * LogsQL over the lines that the aggregator writes to VictoriaLogs, with the meaning of the LogQL in logql.ts. Values stand between backticks,
 * where the backslashes of a regular expression are what they are. The format `regex` keeps Grafana's plugin for VictoriaLogs from putting
 * values in by its own way, which is not that of regular expressions everywhere.
 */

export const chosen = (variable: string): string => `\${${variable}:regex}`;

/** The whole value; LogsQL else looks for a part of it. */
export const matches = (field: string, pattern: string): string => `${field}:~\`^(${pattern})$\``;

export const streams = (...more: string[]): string =>
  `{${['service_name="weir-flows"', `cluster=~\`${chosen('cluster')}\``, ...more].join(',')}}`;

/** A workload by its Pods, whose names begin with it, or by its node where it is one. */
export const isWorkload = (end: 'source' | 'destination', variable: string): string =>
  `(${end}PodName:~\`^(${chosen(variable)})(-.*)?$\` or ${matches(`${end}NodeName`, chosen(variable))})`;

export const namespaceOf = (end: 'source' | 'destination'): string =>
  matches(`${end}PodNamespace`, chosen('namespace'));

/** Either end is what "Workload" chooses, and the other what "Peer" does. */
export const eitherWorkload = `((${namespaceOf('source')} ${isWorkload('source', 'workload')} ${isWorkload('destination', 'peer')}) or (${namespaceOf('destination')} ${isWorkload('destination', 'workload')} ${isWorkload('source', 'peer')}))`;

/** Lines a second, over time. A legend of nothing would be the whole query, so what has no such label is named. */
export const linesPerSecond = (lines: string, label: string): string =>
  `${lines} | format if (${label}:"") "none" as ${label} | stats by (${label}) rate() as lines`;

/** The most lines over the whole range, by what is label or metadata or stands in the line; once. */
export function mostLines(lines: string, labels: readonly string[], count: number): string {
  const pattern = corePattern(labels);
  const extracted = pattern === undefined ? lines : `${lines} | extract "${pattern}"`;
  return `${extracted} | stats by (${labels.join(', ')}) count() as lines | sort by (lines desc) limit ${count}`;
}

/** The most octets from source to destination over the whole range; once. */
export const mostOctets = (lines: string, labels: readonly string[], count: number): string =>
  `${lines} | extract "${corePattern(['octetDeltaCount'])}" | stats by (${labels.join(', ')}) sum(octetDeltaCount) as octets | sort by (octets desc) limit ${count}`;
