import type { Clock, Ledger, Log } from '../../runtime/index.ts';
import type { OtlpOptions } from './otlp-options.ts';
import type { AgentReadings, AggregatorReadings, ClusterReadings, SeriesReadings } from './readings.ts';

export interface TelemetryOptions {
  /** The program; `up` runs both in one process. */
  readonly component: 'agent' | 'aggregator' | 'up';
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly version: string;
  /** Attributes of the resource besides service and host, such as `k8s.node.name`. */
  readonly resource: Readonly<Record<string, string>>;
  readonly series?: SeriesReadings;
  /** OTLP receivers. */
  readonly otlp: readonly OtlpOptions[];
  readonly aggregator?: () => AggregatorReadings;
  readonly agent?: () => AgentReadings;
  /** Absent where no API server of Kubernetes is followed. */
  readonly cluster?: (() => ClusterReadings) | undefined;
}
