import { describe, expect, it } from 'vitest';
import {
  agentsOf,
  exporterMetrics,
  exportersOf,
  sinkOf,
} from '../../../../src/console/app/health/exporters.ts';
import { readSamples } from '../../../../src/console/app/process/index.ts';

const NOW_MS = 1_795_970_300_000;
const samplesOf = (...lines: string[]) => readSamples(lines.join('\n'), exporterMetrics);

describe('exporters, by the metrics of their collector', () => {
  it('are listed with what they are behind, lost and never sent; the one furthest behind is first', () => {
    const ofOne = (exporter: string) => `exporter="${exporter}",domain="7",export_protocol="ipfix"`;
    const samples = samplesOf(
      `weir_collector_exporter_last_record_timestamp_seconds{${ofOne('192.0.2.1')}} ${NOW_MS / 1_000 - 2}`,
      `weir_collector_exporter_last_record_timestamp_seconds{${ofOne('192.0.2.2')}} ${NOW_MS / 1_000 - 90}`,
      `weir_collector_lost_records_total{${ofOne('192.0.2.2')}} 17`,
      `weir_collector_exporter_unsent_records_total{${ofOne('192.0.2.2')}} 4`,
      'weir_collector_exporter_info{exporter="192.0.2.2",domain="7",peer_name="node-2"} 1',
    );
    const [first, second] = exportersOf(samples, NOW_MS);
    expect(first).toMatchObject({ exporter: '192.0.2.2', peerName: 'node-2', lagMs: 90_000 });
    expect(first).toMatchObject({ lostRecords: 17, unsentRecords: 4 });
    expect(second).toMatchObject({ exporter: '192.0.2.1', peerName: undefined, lostRecords: 0 });
  });

  it('an agent says which part of its packets it has counted, and why it may miss connections', () => {
    const samples = samplesOf(
      'weir_exporter_ip_packets_total{node="n1"} 200',
      'weir_exporter_counted_packets_total{node="n1"} 150',
      'weir_exporter_connections_begun_total{node="n1"} 12',
      'weir_exporter_connections_never_seen_total{node="n1"} 3',
      'weir_exporter_blind{node="n1",reason="tracking off"} 1',
      'weir_exporter_blind{node="n1",reason="no events"} 0',
    );
    expect(agentsOf(samples)).toEqual([
      { node: 'n1', countedShare: 0.75, begun: 12, neverSeen: 3, blindBecause: ['tracking off'] },
    ]);
  });

  it('a sink without metrics has no state', () => {
    const samples = samplesOf(
      'weir_sink_up{sink="loki"} 0',
      'weir_sink_queue_records{sink="loki"} 9',
      'weir_sink_queue_limit{sink="loki"} 10',
    );
    expect(sinkOf(samples, 'loki')).toEqual({ isUp: false, queued: 9, most: 10 });
    expect(sinkOf(samples, 'history')).toBeUndefined();
  });
});
