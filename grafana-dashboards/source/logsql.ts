import { corePattern } from '../../src/logs/index.ts';
import { markedReasons } from './logql.ts';

/*
 * LogsQL over the lines that the aggregator writes to VictoriaLogs, with the meaning of the LogQL in
 * logql.ts. Values stand between backticks, which keep the backslashes of regular expressions. The format
 * `regex` keeps Grafana's plugin for VictoriaLogs from joining values by "OR".
 */

const chosenValues = (variable: string): string => `\${${variable}:regex}`;

/** Matches the whole value; LogsQL would match a part of it. */
const matchesWhole = (field: string, pattern: string): string => `${field}:~\`^(${pattern})$\``;

export const matchesVariable = (field: string, variable: string): string =>
  matchesWhole(field, chosenValues(variable));

/** A matcher of a stream field, which LogsQL compares as a whole. */
export const streamField = (field: string, variable: string): string =>
  `${field}=~\`${chosenValues(variable)}\``;

export const streamsOf = (...more: string[]): string =>
  `{${['service_name="weir-flows"', streamField('cluster', 'cluster'), ...more].join(',')}}`;

/** Matches a part of the line, in any case. The variable is text, not a choice. */
export const inLine = (variable: string): string => `~\`(?i)\${${variable}:raw}\``;

type End = 'source' | 'destination';

/** A workload by its Pods, whose names begin with its name, or by its node if it is one. */
const isNamed = (end: End, name: string): string =>
  `(${end}PodName:~\`^(${name})(-.*)?$\` or ${matchesWhole(`${end}NodeName`, name)})`;

export const isWorkload = (end: End, variable: string): string => isNamed(end, chosenValues(variable));

export const namespaceOf = (end: End): string => matchesVariable(`${end}PodNamespace`, 'namespace');

/** One end is what "Workload" chooses, the other what "Peer" does. */
export const eitherWorkload = `((${namespaceOf('source')} ${isWorkload('source', 'workload')} ${isWorkload('destination', 'peer')}) or (${namespaceOf('destination')} ${isWorkload('destination', 'workload')} ${isWorkload('source', 'peer')}))`;

/** All lines between two named workloads, whoever opened the connection. */
export const linesBetween = (one: string, other: string): string =>
  `{service_name="weir-flows"} ((${isNamed('source', one)} ${isNamed('destination', other)}) or (${isNamed('source', other)} ${isNamed('destination', one)}))`;

/**
 * Lines a second, over time. The plugin shows the whole query as the legend of lines without the label, so
 * those get a name.
 */
export const linesPerSecond = (lines: string, label: string): string =>
  `${lines} | format if (${label}:"") "none" as ${label} | stats by (${label}) rate() as lines`;

/** The sums with the most lines over the whole range, by labels, metadata or parts of the line; once. */
export function mostLines(lines: string, labels: readonly string[], count: number): string {
  const pattern = corePattern(labels);
  const counted = pattern === undefined ? lines : `${lines} | extract "${pattern}"`;
  return `${counted} | stats by (${labels.join(', ')}) count() as lines | sort by (lines desc) limit ${count}`;
}

/** The sums with the most octets from source to destination over the whole range; once. */
export function mostOctets(lines: string, labels: readonly string[], count: number): string {
  const summed = `${lines} | extract "${corePattern(['octetDeltaCount'])}"`;
  return `${summed} | stats by (${labels.join(', ')}) sum(octetDeltaCount) as octets | sort by (octets desc) limit ${count}`;
}

/** Events of Kubernetes that explain what a graph shows. */
export const eventsToMark = `{service_name="weir-events",${streamField('cluster', 'cluster')}} (reason:in(${markedReasons.join(', ')}) or (reason:=Error eventType:=Warning)) (${namespaceOf('source')} or objectKind:=Node) | unpack_logfmt fields (message) | format "<reason> of <objectKind> <objectName>: <message>" as _msg`;
