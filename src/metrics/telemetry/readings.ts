import type { CollectorReadings } from '../../ipfix/index.ts';
import type { SeriesTable } from '../series/index.ts';

/*
 * What the parts of a process tell of themselves, as values. They come from rooms that know nothing of
 * metrics, nor metrics of them: whoever wires a process hands them over.
 */

export interface AggregatorReadings {
  /** Flows in the table. */
  readonly flows: number;
  /** Memory that they take. */
  readonly octets: number;
  readonly collector: CollectorReadings;
  readonly sinks: readonly SinkReading[];
}

export interface SinkReading {
  readonly name: string;
  readonly queueRecords: number;
  readonly queueLimit: number;
  /** Whether the last write succeeded. */
  readonly isUp: boolean;
}

/** The series of flows, and what they tell of themselves; a FlowSeries is one. */
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

export interface HistogramReading {
  /** Upper bounds of the buckets, rising; one more bucket takes what lies above. */
  readonly bounds: readonly number[];
  /** Observations in each bucket alone. */
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
  /** Undefined where nothing tells. */
  readonly isCollectorConnected: boolean | undefined;
  readonly pollCycleDuration: {
    readonly boundsSeconds: readonly number[];
    /** Cumulative; one more than bounds, the last of which is all. */
    readonly counts: readonly number[];
    readonly sumSeconds: number;
  };
  /** Undefined where the kernel does not count them. */
  readonly connectionsBegun: number | undefined;
  readonly connectionsNeverSeen: number;
  readonly ipPackets: number;
  readonly countedPackets: number;
  readonly blindness: readonly { readonly reason: string; readonly isBlind: boolean }[];
  readonly links: readonly LinkReading[];
  /** How many links have series of their own, and how many have not. */
  readonly linkCounts: readonly { readonly told: string; readonly links: number }[];
}

/** A network interface since it was made, or the sum of several. */
export interface LinkReading {
  readonly name: string;
  /** In each direction; undefined where it is not known. */
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
