import { EXPORTERS_HEADER, type ExporterStatement } from '../../../api/contract.ts';
import { askResponse } from '../answer/index.ts';
import { expectAnswered, type Sample, valuesOf } from '../process/index.ts';

/** Exporters that need somebody's look, and how many there are in all. */
export interface ShownExporters {
  readonly listed: readonly ExporterStatement[];
  readonly count: number;
}

/** Rows of a table that is drawn again every few seconds. */
const MOST_LISTED = 200;

/** Those that may miss flows first, then those that are furthest behind. */
export async function askExporters(signal: AbortSignal): Promise<ShownExporters> {
  await expectAnswered('exporters');
  const response = await askResponse(`../exporters?limit=${MOST_LISTED}`, { signal });
  const listed = (await response.json()) as readonly ExporterStatement[];
  return { listed, count: Number(response.headers.get(EXPORTERS_HEADER) ?? listed.length) };
}

/** The part of its host's packets that an exporter metered; undefined if it does not tell. */
export function meteredShare({ carriedPackets = 0, meteredPackets }: ExporterStatement): number | undefined {
  return carriedPackets === 0 || meteredPackets === undefined ? undefined : meteredPackets / carriedPackets;
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

export const exporterMetrics = [
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
