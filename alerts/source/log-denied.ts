/** What policies deny, connection by connection: to namespaces where one is enough, and by policies that had denied nothing. */

import { deniedLog, flowLog, logValue, mostAtOnce, named, podOf, withPolicy } from './flow-log.ts';
import { type Alert, type AlertText, alert, type Group } from './rule.ts';

/** Within five minutes, by who, from where, to what, and the policy. */
const toProtected = named(
  'source',
  named(
    'destination',
    `sum by (cluster, source_ip, port, protocol, policy, ${podOf('source')}, ${podOf('destination')}) (count_over_time(
  ${deniedLog} | destinationPodNamespace=~\`${logValue('protected_namespaces')}\`
  | pattern \`<source_ip> <_> <_> <port> <protocol> <_>\`
  ${withPolicy} [5m]
))`,
    'destination_',
  ),
  'source_',
);

const source =
  '{{ with $labels.source_namespace }}{{ . }}/{{ end }}{{ with $labels.source_workload }}{{ . }} {{ end }}({{ $labels.source_ip }})';
const byPolicy = '{{ with $labels.policy }} by the policy {{ . }}{{ end }}';

function protectedAlert(
  { severity, description }: Pick<AlertText, 'severity' | 'description'>,
  ...more: string[]
): Alert {
  const labels = [
    'cluster',
    'source_namespace',
    'source_workload',
    'source_ip',
    'destination_namespace',
    'policy',
    ...more,
  ];
  return alert('WeirProtectedNamespaceDenied', {
    subject: 'denied',
    severity,
    expr: `topk(${mostAtOnce}, sum by (${labels.join(', ')}) (
${toProtected}
)) >= ${logValue(`protected_denied_flows_${severity}`)}`,
    summary: 'Connections to a protected namespace are denied.',
    description: `{{ $value | humanize }} connections of ${source} ${description} in 5 minutes${byPolicy}.`,
  });
}

/** The many of a scan are told by their source, the few by what was tried. */
const protectedAlerts: Alert[] = [
  protectedAlert({
    severity: 'critical',
    description: 'to the namespace {{ $labels.destination_namespace }} were denied',
  }),
  protectedAlert(
    {
      severity: 'warning',
      description:
        'to {{ $labels.destination_namespace }}/{{ $labels.destination_workload }}, {{ $labels.protocol }} port {{ $labels.port }}, were denied',
    },
    'destination_workload',
    'port',
    'protocol',
  ),
];

const deniedBy = (range: string): string =>
  `sum by (cluster, policy) (count_over_time(
  ${deniedLog}
  ${withPolicy} | policy!="" ${range}
))`;

const firstDenial = alert('WeirPolicyFirstDenial', {
  subject: 'denied',
  severity: 'warning',
  expr: `topk(${mostAtOnce}, ${deniedBy('[15m]')}
unless on (cluster, policy) ${deniedBy(`[${logValue('policy_history')}] offset 15m`)})
and on () sum(count_over_time(${flowLog()} [5m] offset 1d))`,
  summary: 'A policy that denied nothing in the days before denies connections.',
  description: `{{ $value | humanize }} connections were denied in 15 minutes by the policy {{ $labels.policy }}, which had denied none in ${logValue('policy_history')}.`,
});

export const logDenied: Group[] = [
  { name: 'weir-log-protected', interval: '1m', rules: protectedAlerts },
  { name: 'weir-log-first-denial', interval: '5m', rules: [firstDenial] },
];
