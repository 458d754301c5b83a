import { type FlowBatch, parseAddress, RuleAction } from '../../src/flow/index.ts';
import { FlowCorpus } from '../../test/support/flow-corpus.ts';

/* The flows by which a log server's size and speed are measured, and what people ask of them. */

export const FLOWS = 1_000_000;
const DISTINCT = 60_000;

/** Four types of flow and none, four verdicts and none … of the corpus; a namespace more for "other". */
export const MOST_STREAMS = 5 * 4 * 101;

/** The first so many of the million: four minutes of a cluster, of which all have ended. */
export const millionFlows = (records = FLOWS): Generator<FlowBatch> =>
  new FlowCorpus({
    records,
    distinct: DISTINCT,
    startMs: Date.now() - 300_000,
    recordsPerSecond: 4_000,
  }).batches();

/** A question whose answer is a number, or a number for each of some groups. */
export interface Question {
  readonly logql: string;
  readonly logsql: string;
  /** What a flow adds to the sum of the answer's numbers. */
  readonly adds: (batch: FlowBatch, row: number) => number;
}

const address = '198.51.100.1';
const addressWord = parseAddress(address)![3];
const core =
  '<sourceIP> <sourcePort> <destinationIP> <destinationPort> <protocol> <reason> <duration> <octets> <_>';

const isOfNamespace = ({ dictionary, columns }: FlowBatch, row: number): boolean =>
  dictionary.text(columns.sourcePodNamespace[row]!) === 'team-cart-0';

export const questions: Readonly<Record<string, Question>> = {
  'denied, by workload': {
    logql: `sum by (destinationPodName) (count_over_time({service_name="weir-flows", verdict="Drop"}[10m]))`,
    logsql: `{service_name="weir-flows", verdict="Drop"} | stats by (destinationPodName) count() as n`,
    adds: ({ columns }, row) => (columns.ingressNetworkPolicyRuleAction[row] === RuleAction.drop ? 1 : 0),
  },
  'octets of a namespace': {
    logql: `sum(sum_over_time({service_name="weir-flows", namespace="team-cart-0"} | pattern "${core}" | unwrap octets [10m]))`,
    logsql: `{service_name="weir-flows", namespace="team-cart-0"} | extract "${core}" | stats sum(octets) as n`,
    adds: (batch, row) => (isOfNamespace(batch, row) ? batch.columns.octetDeltaCount[row]! : 0),
  },
  'flows of a Pod': {
    logql: `sum(count_over_time({service_name="weir-flows", namespace="team-cart-0"} | sourcePodName=~"cart-api-0-.*" [10m]))`,
    logsql: `{service_name="weir-flows", namespace="team-cart-0"} sourcePodName:="cart-api-0-"* | stats count() as n`,
    adds: (batch, row) =>
      isOfNamespace(batch, row) &&
      batch.dictionary.text(batch.columns.sourcePodName[row]!).startsWith('cart-api-0-')
        ? 1
        : 0,
  },
  'flows of an address': {
    logql: `sum(count_over_time({service_name="weir-flows"} |= "${address} " [10m]))`,
    logsql: `{service_name="weir-flows"} "${address}" | stats count() as n`,
    adds: ({ columns }, row) => (columns.destinationIP[row * 4 + 3] === addressWord ? 1 : 0),
  },
  'flows by type': {
    logql: `sum by (flowType) (count_over_time({service_name="weir-flows"}[10m]))`,
    logsql: `{service_name="weir-flows"} | stats by (flowType) count() as n`,
    adds: () => 1,
  },
};

/** Hands on batches, and sums up meanwhile what each question's answer must come to. */
export class WatchedFlows {
  readonly sums = new Map<string, number>(Object.keys(questions).map((name) => [name, 0]));

  *watch(batches: Iterable<FlowBatch>): Generator<FlowBatch> {
    for (const batch of batches) {
      for (const [name, { adds }] of Object.entries(questions)) {
        let sum = this.sums.get(name)!;
        for (let row = 0; row < batch.length; row++) sum += adds(batch, row);
        this.sums.set(name, sum);
      }
      yield batch;
    }
  }
}
