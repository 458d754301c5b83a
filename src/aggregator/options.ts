import { readNetworks } from '../flow/index.ts';
import {
  defaultsOf,
  durationOption,
  flagOption,
  integerOption,
  mapOption,
  textOrNoneOption,
} from '../runtime/index.ts';

/** Defaults are those of `defaultAggregatorOptions`. */
export interface AggregatorOptions {
  /** A flow with news is reported this often. */
  readonly activeTimeoutMs?: number;
  /** A flow is removed after this long without a record. */
  readonly inactiveTimeoutMs?: number;
  /**
   * A half waits this long for the other node's before it is reported alone; 0 means not at all.
   */
  readonly correlationWaitMs?: number;
  /** Maximum difference between the clocks of two nodes. */
  readonly clockSkewMs?: number;
  /** How often to search for due flows. */
  readonly scanPeriodMs?: number;
  /** Maximum flows held, about 400 octets each. */
  readonly maxFlows?: number;
  /** Maximum flows held for one exporter, by its address. */
  readonly maxFlowsPerExporter?: number;
  /**
   * Whether foreign exporters' one-way records join those of the other direction into one flow. If not, each
   * stays a flow.
   */
  readonly pairsOneWayFlows?: boolean;
  /** Written into each record. */
  readonly clusterId?: string | undefined;
}

/** What may change while it runs. */
export type AggregatorTimes = Pick<
  AggregatorOptions,
  'activeTimeoutMs' | 'inactiveTimeoutMs' | 'correlationWaitMs' | 'scanPeriodMs'
>;

/** The options of a file. */
export const aggregatorOptions = {
  activeTimeoutMs: durationOption('1s', {
    description: 'interval between records of a flow with traffic',
    default: 60_000,
  }),
  inactiveTimeoutMs: durationOption('1s', {
    description: 'time without new records after which a flow ends',
    default: 90_000,
  }),
  correlationWaitMs: durationOption('1ms', {
    description: "time that one node's record of a flow waits for the other node's",
    default: 10_000,
  }),
  maxFlows: integerOption(1, 16_777_216, { description: 'maximum number of flows', default: 1_000_000 }),
  maxFlowsPerExporter: integerOption(1, 16_777_216, {
    description:
      'maximum number of flows of one exporter, by its address; beyond it, those that were silent longest end',
    default: 200_000,
  }),
  clusterId: textOrNoneOption({ description: 'name of the cluster in the records', default: '' }),
  pairsOneWayFlows: flagOption({
    description: 'join two one-way flows of a foreign exporter into one flow',
    default: false,
  }),
};

/** Names of address ranges, for both ends of flows. */
export const rangesOption = mapOption(
  {
    description:
      'names of address ranges, with their networks, for both ends of flows; the longest prefix wins',
    value: 'a map of names to lists of CIDRs, such as { office: ["10.1.0.0/16"] }',
    default: {} as Readonly<Record<string, string[]>>,
    json: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
  },
  'a list of CIDRs, such as ["10.1.0.0/16"]',
  readNetworks,
);

/** Of each sink; the file has one for all, and one for each. */
export const sinkQueueRecords = integerOption(1, 16_777_216, {
  description: 'maximum number of records that wait for it',
  default: 65_536,
});

export const defaultAggregatorOptions = {
  ...defaultsOf(aggregatorOptions),
  clockSkewMs: 5_000,
  scanPeriodMs: 1_000,
  /** A file without a name has the empty one. */
  clusterId: undefined,
} as const satisfies AggregatorOptions;
