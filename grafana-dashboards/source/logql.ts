import { corePattern } from '../../src/logs/index.ts';

/*
 * LogQL over the lines that the aggregator writes to Loki, one for each flow record, as the variables choose them. "All" of a variable is `.*`,
 * which also matches what a line does not say.
 */

const selector = (more: readonly string[]): string =>
  `{${['service_name="weir-flows"', 'cluster=~"$cluster"', ...more].join(', ')}}`;

/** A workload by its Pods, whose names begin with it, or by its node where it is one. */
const isWorkload = (end: 'source' | 'destination', variable: string): string =>
  `(${end}PodName=~"($${variable})(-.*)?" or ${end}NodeName=~"$${variable}")`;

const namespaceOf = (end: 'source' | 'destination'): string => `${end}PodNamespace=~"$namespace"`;

/** Either end is what "Workload" chooses, and the other what "Peer" does. */
const eitherWorkload = `| (${namespaceOf('source')} and ${isWorkload('source', 'workload')} and ${isWorkload('destination', 'peer')}) or (${namespaceOf('destination')} and ${isWorkload('destination', 'workload')} and ${isWorkload('source', 'peer')})`;

/** Which lines, as a dashboard looks at them. */
export interface LogView {
  /** As titles say it: 'denied lines'. */
  readonly thing: string;
  readonly logql: string;
}

export const chosenFlows: LogView = {
  thing: 'lines',
  logql: `${selector(['flowType=~"$flowtype"', 'verdict=~"$verdict"'])} |~ \`(?i)$line\` ${eitherWorkload}`,
};

export const deniedFlows: LogView = {
  thing: 'denied lines',
  logql: `${selector(['verdict=~"Drop|Reject"'])} ${eitherWorkload}`,
};

export const decidedFlows: LogView = {
  thing: 'lines on which a policy decided',
  logql: `${selector(['verdict=~".+"'])} | ingressNetworkPolicyName=~"$policy" or egressNetworkPolicyName=~"$policy" | sourcePodNamespace=~"$namespace" or destinationPodNamespace=~"$namespace"`,
};

export const insideFlows: LogView = {
  thing: 'lines between workloads',
  logql: `${selector(['flowType=~"IntraNode|InterNode"'])} ${eitherWorkload}`,
};

export const serviceFlows: LogView = {
  thing: 'lines to Services',
  logql: `${selector([])} | destinationServicePortName!="" ${eitherWorkload}`,
};

export const outsideFlows: LogView = {
  thing: 'lines to and from outside',
  logql: `${selector(['flowType=~"ToExternal|FromExternal"'])} | (${namespaceOf('source')} and ${isWorkload('source', 'workload')}) or (${namespaceOf('destination')} and ${isWorkload('destination', 'workload')})`,
};

/** Of a node, a namespace or a workload that an alert names. */
export const alertedFlows: LogView = {
  thing: 'lines behind an alert',
  logql: `${selector([])} | sourceNodeName=~"$node" or destinationNodeName=~"$node" ${eitherWorkload}`,
};

/** Lines a second, over time. */
export const linesPerSecond = ({ logql }: LogView, label: string): string =>
  `sum by (${label}) (rate(${logql} [$__auto]))`;

/** The most lines over the whole range, by what is label or metadata or stands in the line; once. */
export function mostLines({ logql }: LogView, labels: readonly string[], count: number): string {
  const pattern = corePattern(labels);
  const lines = pattern === undefined ? logql : `${logql} | pattern "${pattern}"`;
  return `topk(${count}, sum by (${labels.join(', ')}) (count_over_time(${lines} [$__range])))`;
}

/** The most octets from source to destination over the whole range; once. */
export function mostOctets({ logql }: LogView, labels: readonly string[], count: number): string {
  const lines = `${logql} | pattern "${corePattern(['octetDeltaCount'])}" | unwrap octetDeltaCount`;
  return `topk(${count}, sum by (${labels.join(', ')}) (sum_over_time(${lines} [$__range])))`;
}
