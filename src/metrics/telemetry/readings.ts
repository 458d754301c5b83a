import type { CollectingReadings } from '../../ipfix/index.ts';
import type { SeriesTable } from '../series/index.ts';

/*
 * The state of a process's parts, as values. The rooms behind them know nothing about metrics, and metrics
 * nothing about them: the wiring passes the values.
 */

export interface AggregatorReadings {
  /** Flows in the table. */
  readonly flows: number;
  /** Their memory in octets. */
  readonly memoryOctets: number;
  readonly collector: CollectingReadings;
  readonly sinks: readonly SinkReadings[];
}

export interface SinkReadings {
  readonly name: string;
  readonly queueRecords: number;
  readonly queueLimit: number;
  /** Whether the last write succeeded. */
  readonly isUp: boolean;
  /** In milliseconds since 1970; undefined when it shows its receiver no certificate. */
  readonly certificateExpiryMs?: number | undefined;
}

/** The series of flows and their state; a FlowSeries is one. */
export interface SeriesReadings {
  readonly tables: readonly SeriesTable[];
  readonly readings: readonly {
    readonly grouping: string;
    readonly series: number;
    readonly limit: number;
    readonly folded: number;
    readonly expired: number;
    readonly expiredBytes: number;
    readonly expiredPackets: number;
  }[];
  /** In seconds. */
  readonly delay: HistogramReading;
}

/** What the process follows at the API server of Kubernetes. */
export interface ClusterReadings {
  readonly held: readonly { readonly kind: string; readonly objects: number }[];
  /** Empty without credentials for a server. */
  readonly followed: readonly {
    readonly kind: string;
    readonly isSynced: boolean;
    /** For how long changes may have been missing; 0 while a watch is heard. */
    readonly staleSeconds: number;
    /** Objects without room, of the last full list and since. */
    readonly leftOut: number;
  }[];
}

export interface HistogramReading {
  /** Upper bounds of the buckets, rising; one more bucket holds larger values. */
  readonly bounds: readonly number[];
  /** Observations of each bucket alone, not cumulative. */
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

export interface AgentReadings {
  readonly nodeName: string;
  readonly conntrackTotalConnections: number;
  readonly conntrackKeptConnections: number;
  readonly conntrackMaxConnections: number;
  readonly deniedConnections: number;
  readonly flowCollectorReconnections: number;
  /** Undefined when the transport does not show it. */
  readonly isCollectorConnected: boolean | undefined;
  /** In milliseconds since 1970; undefined without a certificate. */
  readonly certificateExpiryMs: number | undefined;
  readonly pollCycleDuration: {
    readonly boundsSeconds: readonly number[];
    /** Cumulative; one more than the bounds, the last of which counts all. */
    readonly counts: readonly number[];
    readonly sumSeconds: number;
  };
  /** Undefined when the kernel does not count them. */
  readonly connectionsBegun: number | undefined;
  readonly connectionsNeverSeen: number;
  readonly ipPackets: number;
  readonly countedPackets: number;
  readonly enteredOctets: number;
  readonly ipOctets: number;
  readonly blindness: readonly { readonly reason: string; readonly isBlind: boolean }[];
  readonly links: readonly LinkReadings[];
  /** How many links have their own series, and how many do not. */
  readonly linkCounts: readonly { readonly told: string; readonly links: number }[];
}

/** Counts of a network interface since its creation, or the sum of several interfaces. */
export interface LinkReadings {
  readonly name: string;
  /** In each direction; undefined when unknown. */
  readonly capacityBitsPerSecond: number | undefined;
  readonly receivedOctets: number;
  readonly receivedPackets: number;
  readonly receivedErrors: number;
  readonly receivedDropped: number;
  readonly sentOctets: number;
  readonly sentPackets: number;
  readonly sentErrors: number;
  readonly sentDropped: number;
}
