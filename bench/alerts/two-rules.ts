import { deniedLog, flowLog, podOf, withPodNames, withPolicy } from '../../alerts/source/flow-log.ts';

/** A range in minutes that ended some minutes before the history's end: '[3m] offset 75s'. */
export type Range = (minutes: number, before?: number) => string;

/**
 * One condition as a rule over metrics and as one over lines. All look back four minutes, while the shipped
 * ones look back up to a week.
 */
export interface TwoRules {
  readonly what: string;
  readonly promql?: (range: Range) => string;
  readonly logql: (range: Range) => string;
}

const byWorkload = 'sum by (cluster, namespace, workload)';
const byPolicy = 'cluster, policy_namespace, policy';

const linesOfPods = (log: string, range: string): string =>
  `${byWorkload} (${withPodNames('source', `sum by (cluster, ${podOf('source')}) (count_over_time(${log} ${range}))`)})`;

const deniedByPolicy = (range: string): string =>
  `sum by (cluster, policy) (count_over_time(${deniedLog} ${withPolicy} | policy!="" ${range}))`;

const increaseByPolicy = (range: string): string =>
  `sum by (${byPolicy}) (last_over_time(weir_flow_policy_flows_total{action=~"Drop|Reject"}${range})) > 0`;

const rateOfWorkload = (range: string): string =>
  `sum by (cluster, source_namespace, source_workload) (rate(weir_flow_workload_bytes_total${range})) > 0`;

function networksOfPods(range: string): string {
  const network = '(?P<network>[0-9]+[.][0-9]+[.][0-9]+)';
  const lines = `${flowLog('flowType="ToExternal"')} | regexp \`^[^ ]+ [^ ]+ ${network}\` ${range}`;
  const sums = `sum by (cluster, network, ${podOf('source')}) (count_over_time(${lines}))`;
  return `sum by (cluster, namespace, workload, network) (${withPodNames('source', sums)})`;
}

export const twoRules: readonly TwoRules[] = [
  {
    what: 'a surge of denied connections of a workload',
    promql: (range) =>
      `sum by (cluster, source_namespace, source_workload) (increase(weir_flow_workload_denied_flows_total${range(4)})) >= 100`,
    logql: (range) => `${linesOfPods(deniedLog, range(4))} >= 100`,
  },
  {
    what: 'the first denial of a policy',
    promql: (range) =>
      `${increaseByPolicy(range(1))} unless on (${byPolicy}) ${increaseByPolicy(range(3, 1))}`,
    logql: (range) =>
      `topk(50, ${deniedByPolicy(range(1))} unless on (cluster, policy) ${deniedByPolicy(range(3, 1))})`,
  },
  {
    what: 'a workload that has gone quiet',
    promql: (range) =>
      `${rateOfWorkload(range(3, 1))} unless on (cluster, source_namespace, source_workload) ${rateOfWorkload(range(1))}`,
    logql: (range) =>
      `topk(50, ${linesOfPods(flowLog(), range(3, 1))} unless on (cluster, namespace, workload) ${linesOfPods(flowLog(), range(1))})`,
  },
  {
    what: 'a new destination outside, by /24',
    logql: (range) => `topk(50, ${networksOfPods(range(1))} unless ${networksOfPods(range(3, 1))})`,
  },
];
