import { type Signal, units } from '../signal.ts';
import { agents, own, rateOf } from './process-matchers.ts';

/* Metrics of agents and of their nodes' connection tracking. */

export const connected: Signal = {
  title: 'Agents connected, sinks up',
  description:
    '1 for each agent with a connection to its collector, and for each sink whose last write succeeded.',
  unit: units.state,
  lines: [
    {
      promql: `min by (node) (weir_exporter_collector_connected{${agents}})`,
      legend: '{{node}} to its collector',
    },
    { promql: `min by (instance, sink) (weir_sink_up{${own}})`, legend: 'sink {{sink}} of {{instance}}' },
  ],
};

export const conntrack: Signal = {
  title: 'Conntrack tables in use',
  description:
    "Share of the kernel's connection table in use, by node. At 1 the kernel drops new connections.",
  unit: units.ratio,
  lines: [
    {
      promql: `max by (node) (antrea_agent_conntrack_total_connection_count{${agents}} / antrea_agent_conntrack_max_connection_count{${agents}})`,
      legend: '{{node}}',
    },
  ],
};

export const connections: Signal = {
  title: 'Connections that agents follow',
  description: 'Connections that the agent exports, and denied flows in its table, by node.',
  unit: units.count,
  lines: [
    {
      promql: `max by (node) (antrea_agent_conntrack_antrea_connection_count{${agents}})`,
      legend: '{{node}}',
    },
    {
      promql: `max by (node) (antrea_agent_denied_connection_count{${agents}})`,
      legend: '{{node}} denied',
    },
  ],
};

export const blind: Signal = {
  title: 'Agents that are blind',
  description: '1 while an agent may miss connections on its host, by node and reason.',
  unit: units.count,
  lines: [
    {
      promql: `max by (node, reason) (weir_exporter_blind{${agents}}) > 0`,
      legend: '{{node}} {{reason}}',
    },
  ],
};

export const covered: Signal = {
  title: 'IP packets that tracking counted',
  description:
    'Share of the IP packets of each node that connection tracking counted. Filters do not lower it. Rules that exempt packets do.',
  unit: units.ratio,
  lines: [
    {
      promql: `sum by (node) (${rateOf('weir_exporter_counted_packets_total', agents)}) / (sum by (node) (${rateOf('weir_exporter_ip_packets_total', agents)}) > 0)`,
      legend: '{{node}}',
    },
  ],
};

export const reachedIp: Signal = {
  title: 'Octets that reached IP',
  description:
    'Share of the octets that entered each node through its interfaces and reached IP. Connection tracking sees no others. Bridges and eBPF lower it.',
  unit: units.ratio,
  lines: [
    {
      promql: `sum by (node) (${rateOf('weir_exporter_ip_received_bytes_total', agents)}) / (sum by (node) (${rateOf('weir_exporter_entered_bytes_total', agents)}) > 0)`,
      legend: '{{node}}',
    },
  ],
};

export const neverSeen: Signal = {
  title: 'Connections never seen',
  description:
    'Share of new connections that began and ended between two polls, by node. The agent counts them without a record.',
  unit: units.ratio,
  lines: [
    {
      promql: `sum by (node) (${rateOf('weir_exporter_connections_never_seen_total', agents)}) / (sum by (node) (${rateOf('weir_exporter_connections_begun_total', agents)}) > 0)`,
      legend: '{{node}}',
    },
  ],
};

export const polls: Signal = {
  title: 'Time of a conntrack poll',
  description: '99th percentile of the time to dump the table, by node.',
  unit: units.seconds,
  lines: [
    {
      promql: `histogram_quantile(0.99, sum by (node, le) (${rateOf('antrea_agent_conntrack_poll_cycle_duration_seconds_bucket', agents)}))`,
      legend: '{{node}}',
    },
  ],
};

export const reconnections: Signal = {
  title: 'Reconnections to collectors',
  description: 'Number of reconnections of each agent, over the whole range.',
  unit: units.count,
  lines: [
    {
      promql: `sum by (node) (increase(antrea_agent_flow_collector_reconnection_count{${agents}}[$__range]))`,
      legend: '{{node}}',
      isInstant: true,
    },
  ],
};
