import type { FlowCollector, RecentFlows, RecordMetrics } from '../api/index.ts';
import { flowLoggerKind, ipfixKind } from '../forward/index.ts';
import type { SinkReadings } from '../metrics/index.ts';
import type { Account, Ledger } from '../runtime/index.ts';
import type { SinkKind } from '../sinks/index.ts';
import type { SinkSettings } from './config/index.ts';

/** Flows and exporters of now. */
export interface PresentCounts {
  readonly flows: number;
  readonly exporters: number;
}

/** What went through the aggregator, by the reference system's names. */
export function recordMetricsOf(
  ledger: Ledger,
  recent: RecentFlows,
  sinks: readonly SinkSettings[],
  { flows, exporters }: PresentCounts,
): RecordMetrics {
  const ofRecords = ledger.accounts.filter(({ unit }) => unit === 'records');
  const hasSink = (kind: SinkKind) => sinks.some((sink) => sink.kind === kind);
  return {
    numRecordsExported: recent.nextRow, // the window gets each record that any sink may get
    numRecordsReceived: accountOf(ofRecords, 'aggregator')?.received ?? 0,
    numRecordsDropped: ofRecords.reduce((sum, { totalLost }) => sum + totalLost, 0),
    numFlows: flows,
    numConnToCollector: exporters,
    withClickHouseExporter: false,
    withS3Exporter: false,
    withLogExporter: hasSink(flowLoggerKind),
    withIPFIXExporter: hasSink(ipfixKind),
  };
}

/** The sinks of the settings, and how they stand. */
export function flowCollectorsOf(
  { accounts }: Ledger,
  sinks: readonly SinkSettings[],
  readings: readonly SinkReadings[],
): FlowCollector[] {
  return sinks.map(({ name }) => {
    const account = accountOf(accounts, name);
    const state = readings.find((reading) => reading.name === name);
    return {
      name,
      isUp: state?.isUp ?? false,
      queuedRecords: account?.held ?? 0,
      sentRecords: account?.sent ?? 0,
      droppedRecords: account?.totalLost ?? 0,
    };
  });
}

const accountOf = (accounts: readonly Account[], name: string): Account | undefined =>
  accounts.find((account) => account.name === name);
