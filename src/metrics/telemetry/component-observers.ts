import type { ObservationCallback, Observations } from './observations.ts';
import type {
  AgentReadings,
  AggregatorReadings,
  ClusterReadings,
  LinkReadings,
  SeriesReadings,
} from './readings.ts';

const BITS_PER_OCTET = 8;

export function aggregatorObserver(read: () => AggregatorReadings): ObservationCallback {
  return (into) => {
    const { flows, memoryOctets, collector, sinks } = read();
    into.add('weir_aggregator_flows', flows, {});
    into.add('weir_aggregator_flow_memory_bytes', memoryOctets, {});
    into.add('weir_collector_sessions', collector.sessions, {});
    if (collector.certificateExpiryMs !== undefined) {
      const expirySeconds = collector.certificateExpiryMs / 1000;
      into.add('weir_collector_certificate_expiry_timestamp_seconds', expirySeconds, {});
    }
    for (const reading of collector.exporters) {
      const { exporter, observationDomainId: domain, exportProtocol: export_protocol } = reading;
      const labels = { exporter, domain, export_protocol };
      if (reading.lastRecordMs !== undefined)
        into.add(
          'weir_collector_exporter_last_record_timestamp_seconds',
          reading.lastRecordMs / 1000,
          labels,
        );
      into.add('weir_collector_lost_records_total', reading.lost, labels);
      into.add('weir_collector_lost_messages_total', reading.lostMessages, labels);
      const { unsentRecords, ignoredPackets } = reading;
      if (reading.peerName !== undefined) {
        into.add('weir_collector_exporter_info', 1, { exporter, domain, peer_name: reading.peerName });
      }
      if (unsentRecords === undefined || ignoredPackets === undefined) continue;
      into.add('weir_collector_exporter_unsent_records_total', unsentRecords, labels);
      into.add('weir_collector_exporter_ignored_packets_total', ignoredPackets, labels);
    }
    for (const { exporter, reason, count } of collector.decodeErrors) {
      into.add('weir_collector_decode_errors_total', count, { exporter, reason });
    }
    for (const { name: sink, queueRecords, queueLimit, isUp, certificateExpiryMs } of sinks) {
      into.add('weir_sink_queue_records', queueRecords, { sink });
      into.add('weir_sink_queue_limit', queueLimit, { sink });
      into.add('weir_sink_up', isUp ? 1 : 0, { sink });
      if (certificateExpiryMs === undefined) continue;
      into.add('weir_sink_certificate_expiry_timestamp_seconds', certificateExpiryMs / 1000, { sink });
    }
  };
}

export function seriesObserver(series: SeriesReadings): ObservationCallback {
  return (into) => {
    for (const {
      grouping,
      series: shown,
      limit,
      folded,
      expired,
      expiredBytes,
      expiredPackets,
    } of series.readings) {
      into.add('weir_metrics_series', shown, { grouping });
      into.add('weir_metrics_series_limit', limit, { grouping });
      into.add('weir_metrics_folded_series_total', folded, { grouping });
      into.add('weir_metrics_expired_series_total', expired, { grouping });
      into.add('weir_metrics_expired_bytes_total', expiredBytes, { grouping });
      into.add('weir_metrics_expired_packets_total', expiredPackets, { grouping });
    }
    into.histogram('weir_metrics_delay_seconds', series.delay, {});
  };
}

export function clusterObserver(read: () => ClusterReadings): ObservationCallback {
  return (into) => {
    const { held, followed } = read();
    for (const { kind, objects } of held) into.add('weir_kubernetes_objects', objects, { kind });
    for (const { kind, isSynced, staleSeconds, leftOut } of followed) {
      into.add('weir_kubernetes_objects_left_out', leftOut, { kind });
      into.add('weir_kubernetes_stale_seconds', staleSeconds, { kind });
      into.add('weir_kubernetes_synced', isSynced ? 1 : 0, { kind });
    }
  };
}

export function agentObserver(read: () => AgentReadings): ObservationCallback {
  return (into) => {
    const readings = read();
    const { nodeName: node, isCollectorConnected, connectionsBegun, pollCycleDuration, links } = readings;
    into.add('antrea_agent_conntrack_total_connection_count', readings.conntrackTotalConnections, { node });
    into.add('antrea_agent_conntrack_antrea_connection_count', readings.conntrackKeptConnections, { node });
    into.add('antrea_agent_conntrack_max_connection_count', readings.conntrackMaxConnections, { node });
    into.add('antrea_agent_denied_connection_count', readings.deniedConnections, { node });
    into.add('antrea_agent_flow_collector_reconnection_count', readings.flowCollectorReconnections, { node });
    const { boundsSeconds: bounds, counts: cumulative, sumSeconds: sum } = pollCycleDuration;
    const counts = cumulative.map((count, bucket) => count - (cumulative[bucket - 1] ?? 0));
    into.histogram('antrea_agent_conntrack_poll_cycle_duration_seconds', { bounds, counts, sum }, { node });
    if (connectionsBegun !== undefined) {
      into.add('weir_exporter_connections_begun_total', connectionsBegun, { node });
      into.add('weir_exporter_connections_never_seen_total', readings.connectionsNeverSeen, { node });
    }
    into.add('weir_exporter_ip_packets_total', readings.ipPackets, { node });
    into.add('weir_exporter_counted_packets_total', readings.countedPackets, { node });
    into.add('weir_exporter_entered_bytes_total', readings.enteredOctets, { node });
    into.add('weir_exporter_ip_received_bytes_total', readings.ipOctets, { node });
    for (const { reason, isBlind } of readings.blindness) {
      into.add('weir_exporter_blind', isBlind ? 1 : 0, { node, reason });
    }
    if (readings.certificateExpiryMs !== undefined) {
      const expirySeconds = readings.certificateExpiryMs / 1000;
      into.add('weir_exporter_certificate_expiry_timestamp_seconds', expirySeconds, { node });
    }
    if (isCollectorConnected !== undefined) {
      into.add('weir_exporter_collector_connected', isCollectorConnected ? 1 : 0, { node });
    }
    for (const link of links) observeLink(into, node, link);
    for (const { told, links: count } of readings.linkCounts) {
      into.add('weir_exporter_links', count, { node, told });
    }
  };
}

function observeLink(into: Observations, node: string, reading: LinkReadings): void {
  const { name: link, capacityBitsPerSecond } = reading;
  const received = { node, link, direction: 'receive' };
  const sent = { node, link, direction: 'transmit' };
  into.add('weir_exporter_link_bytes_total', reading.receivedOctets, received);
  into.add('weir_exporter_link_bytes_total', reading.sentOctets, sent);
  into.add('weir_exporter_link_packets_total', reading.receivedPackets, received);
  into.add('weir_exporter_link_packets_total', reading.sentPackets, sent);
  into.add('weir_exporter_link_dropped_packets_total', reading.receivedDropped, received);
  into.add('weir_exporter_link_dropped_packets_total', reading.sentDropped, sent);
  into.add('weir_exporter_link_errors_total', reading.receivedErrors, received);
  into.add('weir_exporter_link_errors_total', reading.sentErrors, sent);
  if (capacityBitsPerSecond === undefined) return;
  const bytesPerSecond = capacityBitsPerSecond / BITS_PER_OCTET;
  into.add('weir_exporter_link_capacity_bytes_per_second', bytesPerSecond, { node, link });
}
