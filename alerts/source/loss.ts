/**
 * Packets that the sending node counted and the receiving node did not, in the same flows. Half an hour
 * averages out their different moments of reporting. Increases are extrapolated, so the ratio is rounded: one
 * in a hundred is exactly that. While records are lost on their way to the aggregator, the ratio shows
 * nothing.
 */
import { unlessBlind } from './pipeline.ts';
import { type Alert, type Group, makeAlert, makeRecording, type Recording } from './rule.ts';
import { thresholdOf } from './thresholds.ts';

interface Path {
  readonly level: 'workload_pair' | 'node_pair';
  readonly grouping: 'workload' | 'node';
  readonly labels: string;
  /** Prefix of its thresholds, and the label that they are by. */
  readonly loss: 'loss' | 'node_loss';
  readonly by: 'source_namespace' | 'source_node';
  readonly alert: string;
  readonly title: string;
}

const paths: Path[] = [
  {
    level: 'workload_pair',
    grouping: 'workload',
    labels:
      'cluster, source_namespace, source_workload, source_kind, destination_namespace, destination_workload, destination_kind',
    loss: 'loss',
    by: 'source_namespace',
    alert: 'WeirWorkloadPathLossy',
    title:
      '{{ with $labels.source_namespace }}{{ . }}/{{ end }}{{ $labels.source_workload }} to {{ with $labels.destination_namespace }}{{ . }}/{{ end }}{{ $labels.destination_workload }}',
  },
  {
    level: 'node_pair',
    grouping: 'node',
    labels: 'cluster, source_node, destination_node',
    loss: 'node_loss',
    by: 'source_node',
    alert: 'WeirNodePathLossy',
    title: 'node {{ $labels.source_node }} to node {{ $labels.destination_node }}',
  },
];

function lossRules({ level, grouping, labels }: Path): Recording[] {
  const packetsOf = (end: string) =>
    `sum by (${labels}) (increase(weir_flow_${grouping}_${end}_packets_total{source_${grouping}!="other"}[30m]))`;
  const sent = `${level}:weir_flow_sent_packets:increase30m`;
  return [
    makeRecording(sent, packetsOf('sent')),
    makeRecording(`${level}:weir_flow_lost_packets:increase30m`, `${sent} - ${packetsOf('received')}`),
    makeRecording(
      `${level}:weir_flow_loss:ratio_increase30m`,
      `round(${level}:weir_flow_lost_packets:increase30m / (${sent} > 0), 0.000001)`,
    ),
  ];
}

function lossAlert(path: Path, severity: 'warning' | 'critical'): Alert {
  return makeAlert(path.alert, {
    subject: 'loss',
    severity,
    for: '10m',
    keepFiringFor: '10m',
    expr: `${path.level}:weir_flow_loss:ratio_increase30m >= ${thresholdOf(`${path.loss}_${severity}`, path.by)}
and ${path.level}:weir_flow_lost_packets:increase30m >= ${thresholdOf('loss_floor')}
${unlessBlind}`,
    summary: 'The network loses packets between two nodes, in one direction.',
    description: `{{ $value | humanizePercentage }} of the packets from ${path.title} in the last half hour did not arrive.`,
  });
}

export const loss: Group[] = paths.map((path) => ({
  name: `weir-loss-${path.grouping}`,
  interval: '1m',
  rules: [...lossRules(path), lossAlert(path, 'critical'), lossAlert(path, 'warning')],
}));
