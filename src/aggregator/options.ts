export interface AggregatorOptions {
  /** A flow of which something is new is reported so often. Default 60 s. */
  readonly activeTimeoutMs?: number;
  /** A flow of which no record has come for so long is removed. Default 90 s. */
  readonly inactiveTimeoutMs?: number;
  /** A half waits so long for the other node's before it is reported alone; 0 for not at all. Default 10 s. */
  readonly correlationWaitMs?: number;
  /** By so much the clocks of two nodes may differ. Default 5 s. */
  readonly clockSkewMs?: number;
  /** How often it is looked which flows are due. Default 1 s. */
  readonly scanPeriodMs?: number;
  /** Flows held at most, each of about 400 octets. Default 1,000,000. */
  readonly maxFlows?: number;
  /** Flows held at most of one exporter, by its address. Default 200,000. */
  readonly maxFlowsPerExporter?: number;
  /** Foreign exporters' records of one direction join those of the other into one flow. Default false: each stays a flow. */
  readonly pairsOneWayFlows?: boolean;
  /** Put into each record. */
  readonly clusterId?: string | undefined;
}

export const defaultAggregatorOptions = {
  activeTimeoutMs: 60_000,
  inactiveTimeoutMs: 90_000,
  correlationWaitMs: 10_000,
  clockSkewMs: 5_000,
  scanPeriodMs: 1_000,
  maxFlows: 1_000_000,
  maxFlowsPerExporter: 200_000,
  pairsOneWayFlows: false,
  clusterId: undefined,
} as const satisfies AggregatorOptions;
