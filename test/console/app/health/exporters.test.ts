import { describe, expect, it } from 'vitest';
import {
  agentsOf,
  exporterMetrics,
  meteredShare,
  sinkOf,
} from '../../../../src/console/app/health/exporters.ts';
import { readSamples } from '../../../../src/console/app/process/index.ts';

const samplesOf = (...lines: string[]) => readSamples(lines.join('\n'), exporterMetrics);

describe('exporters', () => {
  it('tell the part of their packets that they have metered, or not', () => {
    const one = {
      ...{ exporter: '192.0.2.1', domain: 7, protocol: 'ipfix', lagMs: 0, records: 1, lostRecords: 0 },
      ...{ firstRecord: '2026-01-31T10:00:00.000Z', lastRecord: '2026-01-31T10:00:00.000Z' },
    };
    expect(meteredShare({ ...one, carriedPackets: 200, meteredPackets: 150 })).toBe(0.75);
    expect(meteredShare({ ...one, carriedPackets: 0, meteredPackets: 0 })).toBeUndefined();
    expect(meteredShare(one)).toBeUndefined();
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
