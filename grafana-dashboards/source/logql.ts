import { corePattern } from '../../src/logs/index.ts';

/*
 * LogQL over the lines that the aggregator writes to Loki, one for each flow record, filtered by the
 * variables. "All" of a variable is `.*`, which also matches lines without the field.
 */

export const selectorOf = (...more: string[]): string =>
  `{${['service_name="weir-flows"', 'cluster=~"$cluster"', ...more].join(', ')}}`;

type End = 'source' | 'destination';

/** A workload by its Pods, whose names begin with its name, or by its node if it is one. */
export const isWorkload = (end: End, name: string): string =>
  `(${end}PodName=~"(${name})(-.*)?" or ${end}NodeName=~"${name}")`;

export const namespaceOf = (end: End): string => `${end}PodNamespace=~"$namespace"`;

/** One end is what "Workload" chooses, the other what "Peer" does. */
export const eitherWorkload = `| (${namespaceOf('source')} and ${isWorkload('source', '$workload')} and ${isWorkload('destination', '$peer')}) or (${namespaceOf('destination')} and ${isWorkload('destination', '$workload')} and ${isWorkload('source', '$peer')})`;

/** All lines between two named workloads, whoever opened the connection. */
export const linesBetween = (one: string, other: string): string =>
  `{service_name="weir-flows"} | (${isWorkload('source', one)} and ${isWorkload('destination', other)}) or (${isWorkload('source', other)} and ${isWorkload('destination', one)})`;

/** Lines a second, over time. */
export const linesPerSecond = (lines: string, label: string): string =>
  `sum by (${label}) (rate(${lines} [$__auto]))`;

/** The sums with the most lines over the whole range, by labels, metadata or parts of the line; once. */
export function mostLines(lines: string, labels: readonly string[], count: number): string {
  const pattern = corePattern(labels);
  const counted = pattern === undefined ? lines : `${lines} | pattern "${pattern}"`;
  return `topk(${count}, sum by (${labels.join(', ')}) (count_over_time(${counted} [$__range])))`;
}

/** The sums with the most octets from source to destination over the whole range; once. */
export function mostOctets(lines: string, labels: readonly string[], count: number): string {
  const summed = `${lines} | pattern "${corePattern(['octetDeltaCount'])}" | unwrap octetDeltaCount`;
  return `topk(${count}, sum by (${labels.join(', ')}) (sum_over_time(${summed} [$__range])))`;
}

/** Events of Kubernetes that explain what a graph shows. Starts and ends of containers would be too many. */
export const markedReasons = [
  'OOMKilled',
  'Evicted',
  'NodeReady',
  'NodeNotReady',
  'Scaled',
  'RolloutStarted',
  'RolloutComplete',
  'RolloutFailed',
];

/** A container that fails is a warning, unless its Pod was deleted. Nodes matter to every namespace. */
export const eventsToMark = `{service_name="weir-events", cluster=~"$cluster"} | reason=~"${markedReasons.join('|')}" or (reason="Error" and eventType="Warning") | sourcePodNamespace=~"$namespace" or objectKind="Node" | logfmt message | line_format "{{.objectKind}} {{.objectName}}: {{.message}}"`;
