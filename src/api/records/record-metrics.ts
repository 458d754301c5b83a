import { type Route, sendJson } from '../../http/index.ts';

/** What went through the aggregator since its start, by the reference system's names. */
export interface RecordMetrics {
  readonly numRecordsExported: number;
  readonly numRecordsReceived: number;
  readonly numRecordsDropped: number;
  /** Flows in the table. */
  readonly numFlows: number;
  /** Exporters that are connected. */
  readonly numConnToCollector: number;
  readonly withClickHouseExporter: boolean;
  readonly withS3Exporter: boolean;
  readonly withLogExporter: boolean;
  readonly withIPFIXExporter: boolean;
}

/** A sink of the aggregator: where its flows go. */
export interface FlowCollector {
  readonly name: string;
  /** Whether its last write succeeded. */
  readonly isUp: boolean;
  readonly queuedRecords: number;
  readonly sentRecords: number;
  /** Records that it lost. */
  readonly droppedRecords: number;
}

/** GET /recordmetrics. */
export const recordMetricsRoute =
  (metrics: () => RecordMetrics): Route =>
  ({ response }) =>
    sendJson(response, metrics());

/** GET /flowcollectors. */
export const flowCollectorsRoute =
  (collectors: () => readonly FlowCollector[]): Route =>
  ({ response }) =>
    sendJson(response, collectors());
