import { type FlowBatch, parseAddress, RuleAction } from '../../src/flow/index.ts';

/** A query with one number as its answer, or one for each group: in LogsQL as `n`. */
export interface Question {
  readonly logql: string;
  readonly logsql: string;
  /** What a flow adds to the sum of these numbers. */
  readonly adds: (batch: FlowBatch, row: number) => number;
}

const namespace = 'team-cart-0';
const podsBegin = 'cart-api-0-';
const address = '198.51.100.1';

const ofNamespace = `service_name="weir-flows", namespace="${namespace}"`;
const core =
  '<sourceIP> <sourcePort> <destinationIP> <destinationPort> <protocol> <reason> <duration> <octets> <_>';

const isInNamespace = ({ dictionary, columns }: FlowBatch, row: number): boolean =>
  dictionary.text(columns.sourcePodNamespace[row]!) === namespace;
const isOfPods = ({ dictionary, columns }: FlowBatch, row: number): boolean =>
  dictionary.text(columns.sourcePodName[row]!).startsWith(podsBegin);
const addressWord = parseAddress(address)![3];

/** Typical queries over the flows of the corpus (`test/support/flow-corpus.ts`). */
export const questions: Readonly<Record<string, Question>> = {
  'denied, by workload': {
    logql: `sum by (destinationPodName) (count_over_time({service_name="weir-flows", verdict="Drop"}[10m]))`,
    logsql: `_time:1h {service_name="weir-flows", verdict="Drop"} | stats by (destinationPodName) count() as n`,
    adds: ({ columns }, row) => (columns.ingressNetworkPolicyRuleAction[row] === RuleAction.drop ? 1 : 0),
  },
  'octets of a namespace': {
    logql: `sum(sum_over_time({${ofNamespace}} | pattern "${core}" | unwrap octets [10m]))`,
    logsql: `_time:1h {${ofNamespace}} | extract "${core}" | stats sum(octets) as n`,
    adds: (batch, row) => (isInNamespace(batch, row) ? batch.columns.octetDeltaCount[row]! : 0),
  },
  'flows of a Pod': {
    logql: `sum(count_over_time({${ofNamespace}} | sourcePodName=~"${podsBegin}.*" [10m]))`,
    logsql: `_time:1h {${ofNamespace}} sourcePodName:="${podsBegin}"* | stats count() as n`,
    adds: (batch, row) => (isInNamespace(batch, row) && isOfPods(batch, row) ? 1 : 0),
  },
  'flows of an address': {
    logql: `sum(count_over_time({service_name="weir-flows"} |= "${address} " [10m]))`,
    logsql: `_time:1h {service_name="weir-flows"} "${address}" | stats count() as n`,
    adds: ({ columns }, row) => (columns.destinationIP[row * 4 + 3] === addressWord ? 1 : 0),
  },
  'flows by type': {
    logql: `sum by (flowType) (count_over_time({service_name="weir-flows"}[10m]))`,
    logsql: `_time:1h {service_name="weir-flows"} | stats by (flowType) count() as n`,
    adds: () => 1,
  },
};
