import { type Sample, valuesOf } from '../process/index.ts';

/** A sender of records, by the metrics of the collector. */
export interface ShownExporter {
  readonly exporter: string;
  readonly domain: string;
  readonly protocol: string;
  readonly peerName: string | undefined;
  /** How old its last record is. */
  readonly lagMs: number | undefined;
  readonly lostRecords: number;
  readonly unsentRecords: number;
}

/** What an agent's node has, and how much of it the agent has seen. */
export interface ShownAgent {
  readonly node: string;
  /** Undefined where the kernel does not tell. */
  readonly countedShare: number | undefined;
  readonly neverSeen: number | undefined;
  readonly begun: number | undefined;
  /** Why it may miss connections now. */
  readonly blindBecause: readonly string[];
}

const LAST_RECORD = 'weir_collector_exporter_last_record_timestamp_seconds';

export const exporterMetrics = [
  LAST_RECORD,
  'weir_collector_exporter_info',
  'weir_collector_lost_records_total',
  'weir_collector_exporter_unsent_records_total',
  'weir_exporter_ip_packets_total',
  'weir_exporter_counted_packets_total',
  'weir_exporter_connections_begun_total',
  'weir_exporter_connections_never_seen_total',
  'weir_exporter_blind',
  'weir_sink_up',
  'weir_sink_queue_records',
  'weir_sink_queue_limit',
  'weir_build_info',
] as const;

export function exportersOf(samples: readonly Sample[], nowMs: number): readonly ShownExporter[] {
  return valuesOf(samples, LAST_RECORD)
    .map(({ labels, value }) => {
      const { exporter = '', domain = '', export_protocol: protocol = '' } = labels;
      const ofThis = (name: string) =>
        valuesOf(samples, name).find(
          (sample) => sample.labels.exporter === exporter && sample.labels.domain === domain,
        );
      return {
        exporter,
        domain,
        protocol,
        peerName: ofThis('weir_collector_exporter_info')?.labels.peer_name || undefined,
        lagMs: value > 0 ? Math.max(0, nowMs - value * 1_000) : undefined,
        lostRecords: ofThis('weir_collector_lost_records_total')?.value ?? 0,
        unsentRecords: ofThis('weir_collector_exporter_unsent_records_total')?.value ?? 0,
      };
    })
    .sort((a, b) => (b.lagMs ?? Number.POSITIVE_INFINITY) - (a.lagMs ?? Number.POSITIVE_INFINITY));
}

/** The agents in this process. Those of other nodes serve their own metrics. */
export function agentsOf(samples: readonly Sample[]): readonly ShownAgent[] {
  const nodes = new Set(
    samples.filter(({ name }) => name.startsWith('weir_exporter_')).map(({ labels }) => labels.node ?? ''),
  );
  return [...nodes].sort().map((node) => {
    const readValue = (name: string) =>
      valuesOf(samples, name).find(({ labels }) => (labels.node ?? '') === node)?.value;
    const [packets, counted] = [
      readValue('weir_exporter_ip_packets_total'),
      readValue('weir_exporter_counted_packets_total'),
    ];
    return {
      node,
      countedShare: packets && counted !== undefined ? Math.min(1, counted / packets) : undefined,
      begun: readValue('weir_exporter_connections_begun_total'),
      neverSeen: readValue('weir_exporter_connections_never_seen_total'),
      blindBecause: valuesOf(samples, 'weir_exporter_blind').flatMap(({ labels, value }) =>
        value === 1 && (labels.node ?? '') === node ? [labels.reason ?? ''] : [],
      ),
    };
  });
}

/** A sink's queue, and whether its last write succeeded. */
export interface ShownSink {
  readonly isUp: boolean;
  readonly queued: number;
  readonly most: number;
}

export function sinkOf(samples: readonly Sample[], name: string): ShownSink | undefined {
  const readValue = (metric: string) =>
    valuesOf(samples, metric).find(({ labels }) => labels.sink === name)?.value;
  const up = readValue('weir_sink_up');
  if (up === undefined) return undefined;
  return {
    isUp: up === 1,
    queued: readValue('weir_sink_queue_records') ?? 0,
    most: readValue('weir_sink_queue_limit') ?? 0,
  };
}
