/**
 * Traffic between zones, which is billed: its share of all traffic with a zone at both ends, and its daily
 * sum against a budget.
 */
import { type Group, makeAlert, makeRecording } from './rule.ts';
import { thresholdOf } from './thresholds.ts';

const zones = 'zone_pair:weir_flow_bytes';
const known = 'source_zone!~"|other",destination_zone!~"|other"';

/**
 * PromQL cannot compare two labels. So the pairs of a zone with itself are derived from the sources and
 * subtracted.
 */
const crossingSum = (series: string): string =>
  `sum by (cluster) (
  ${series}
  unless on (cluster, source_zone, destination_zone)
  label_replace(group by (cluster, source_zone) (${series}), "destination_zone", "$1", "source_zone", "(.*)")
)`;

const sumByPair = (expr: string): string => `sum by (cluster, source_zone, destination_zone) (${expr})`;

export const zone: Group[] = [
  {
    name: 'weir-zone',
    interval: '2m',
    rules: [
      makeRecording(`${zones}:rate1h`, sumByPair(`rate(weir_flow_zone_bytes_total{${known}}[1h])`)),
      makeRecording(`${zones}:increase1d`, sumByPair(`increase(weir_flow_zone_bytes_total{${known}}[1d])`)),
      makeRecording('cluster:weir_flow_cross_zone_bytes:rate1h', crossingSum(`${zones}:rate1h`)),
      makeRecording('cluster:weir_flow_cross_zone_bytes:increase1d', crossingSum(`${zones}:increase1d`)),
      makeRecording(
        'cluster:weir_flow_cross_zone:ratio_rate1h',
        `cluster:weir_flow_cross_zone_bytes:rate1h / (sum by (cluster) (${zones}:rate1h) > 0)`,
      ),
      makeAlert('WeirCrossZoneShareHigh', {
        subject: 'zone',
        severity: 'info',
        for: '30m',
        keepFiringFor: '30m',
        expr: `cluster:weir_flow_cross_zone:ratio_rate1h >= ${thresholdOf('cross_zone_share')}
and cluster:weir_flow_cross_zone_bytes:rate1h >= ${thresholdOf('cross_zone_floor')}`,
        summary: 'A large share of the traffic crosses zones.',
        description:
          "{{ $value | humanizePercentage }} of the cluster's traffic{{ with $labels.cluster }} ({{ . }}){{ end }} in the last hour crossed zones.",
      }),
      makeAlert('WeirCrossZoneBudgetExceeded', {
        subject: 'zone',
        severity: 'warning',
        for: '10m',
        keepFiringFor: '30m',
        expr: `cluster:weir_flow_cross_zone_bytes:increase1d >= ${thresholdOf('cross_zone_budget')}`,
        summary: 'Traffic between zones exceeds the budget for a day.',
        description:
          '{{ $value | humanize }}B crossed zones in the last day in the cluster{{ with $labels.cluster }} {{ . }}{{ end }}.',
      }),
    ],
  },
];
