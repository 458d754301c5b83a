import { type Listing, type Signal, units } from '../signal.ts';

/*
 * The nodes' network links, as their agents read them from the system: all traffic of the link, including
 * what is no flow.
 */

const at = 'node=~"$node"';
const carried = `sum by (cluster, node, link, direction) (rate(weir_exporter_link_bytes_total{${at}}[$__rate_interval]))`;
const capacity = `max by (cluster, node, link) (weir_exporter_link_capacity_bytes_per_second{${at}})`;
const use = `${carried} / on (cluster, node, link) group_left () (${capacity} > 0)`;

export const linkThroughput: Signal = {
  title: 'Throughput of links',
  description:
    'Bits per second on each node\'s links, in both directions, by the system\'s own counters. The series "other links" contains the links of Pods.',
  unit: units.bitsPerSecond,
  lines: [{ promql: `8 * ${carried}`, legend: '{{node}} {{link}} {{direction}}' }],
};

export const linkUse: Signal = {
  title: 'Links in use',
  description:
    'Share of the capacity that the system reports or the configuration sets. Links of unknown capacity are missing.',
  unit: units.ratio,
  lines: [{ promql: use, legend: '{{node}} {{link}} {{direction}}' }],
};

export const busiestLink: Signal = {
  title: 'Busiest link',
  description: 'The highest utilisation of any link now, in one direction.',
  unit: units.ratio,
  lines: [{ promql: `max(${use})`, legend: 'Busiest link' }],
};

export const linkHeat: Signal = {
  title: 'Throughput of nodes over time',
  description: 'Bits per second of all links of a node, both directions together. Darker means more.',
  unit: units.bitsPerSecond,
  lines: [
    {
      promql: `8 * sum by (node) (rate(weir_exporter_link_bytes_total{${at}}[$__rate_interval]))`,
      legend: '{{node}}',
    },
  ],
};

export const linkTotal = (direction: 'transmit' | 'receive', title: string): Signal => ({
  title,
  description: `Bits per second that all chosen nodes ${direction}, on all their links.`,
  unit: units.bitsPerSecond,
  lines: [
    {
      promql: `8 * sum(rate(weir_exporter_link_bytes_total{${at}, direction="${direction}"}[$__rate_interval]))`,
      legend: title,
    },
  ],
});

export const linkTrouble: Signal = {
  title: 'Dropped packets and errors on links',
  description:
    "Per second, by the system's counters. Causes are a full queue, a bad cable or a wrong setting.",
  unit: units.packetsPerSecond,
  lines: [
    {
      promql: `sum by (cluster, node, link, direction) (rate(weir_exporter_link_dropped_packets_total{${at}}[$__rate_interval])) > 0`,
      legend: '{{node}} {{link}} {{direction}} dropped',
    },
    {
      promql: `sum by (cluster, node, link, direction) (rate(weir_exporter_link_errors_total{${at}}[$__rate_interval])) > 0`,
      legend: '{{node}} {{link}} {{direction}} errors',
    },
  ],
};

export const linkCounts: Signal = {
  title: 'Links with own series, and summed links',
  description:
    'Number of links with series of their own, and of those in "other links": links of Pods, and links beyond the limit.',
  unit: units.count,
  lines: [
    {
      promql: `sum by (node, told) (weir_exporter_links{${at}})`,
      legend: '{{node}} {{told}}',
    },
  ],
};

const increaseOf = (metric: string) =>
  `sum by (cluster, node, link, direction) (increase(${metric}{${at}}[$__range]))`;

export const linkList: Listing = {
  title: 'Links',
  description: 'Over the whole range, each link and direction.',
  labels: { cluster: 'Cluster', node: 'Node', link: 'Link', direction: 'Direction' },
  columns: [
    {
      heading: 'Bytes',
      unit: units.bytes,
      promql: increaseOf('weir_exporter_link_bytes_total'),
      isBar: true,
    },
    { heading: 'Packets', unit: units.count, promql: increaseOf('weir_exporter_link_packets_total') },
    { heading: 'Dropped', unit: units.count, promql: increaseOf('weir_exporter_link_dropped_packets_total') },
    { heading: 'Errors', unit: units.count, promql: increaseOf('weir_exporter_link_errors_total') },
    {
      heading: 'Peak use',
      unit: units.ratio,
      promql: `max_over_time((${use.replaceAll('$__rate_interval', '5m')})[$__range:1m])`,
    },
  ],
};
