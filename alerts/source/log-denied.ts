/**
 * Connections that policies deny: to namespaces where a single one matters, and by policies that had denied
 * nothing.
 */

import { deniedLog, flowLog, logValue, mostAtOnce, podOf, withPodNames, withPolicy } from './flow-log.ts';
import * as logsql from './flow-logsql.ts';
import { type LogAlert, type LogGroup, logAlert } from './log-rule.ts';
import type { AlertText } from './rule.ts';

/** Denied within five minutes, by source, destination and policy. */
const toProtected = withPodNames(
  'source',
  withPodNames(
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

/** The same in LogsQL. */
const sumsToProtected = `${logsql.deniedStreams} _time:5m ${logsql.matchesWhole('destinationPodNamespace', logValue('protected_namespaces'))}
| extract "<source_ip> <_> <_> <port> <protocol> "
| stats by (cluster, source_ip, port, protocol, ${logsql.policyFields}, ${logsql.podFields('source')}, ${logsql.podFields('destination')}) count() as flows
${logsql.withPolicy}
${logsql.renamePod('destination', 'destination_')}
${logsql.renamePod('source', 'source_')}`;

const source =
  '{{ with $labels.source_namespace }}{{ . }}/{{ end }}{{ with $labels.source_workload }}{{ . }} {{ end }}({{ $labels.source_ip }})';
const byPolicy = '{{ with $labels.policy }} by the policy {{ . }}{{ end }}';

function protectedAlert(
  { severity, description }: Pick<AlertText, 'severity' | 'description'>,
  ...more: string[]
): LogAlert {
  const labels = [
    'cluster',
    'source_namespace',
    'source_workload',
    'source_ip',
    'destination_namespace',
    'policy',
    ...more,
  ].join(', ');
  const enough = logValue(`protected_denied_flows_${severity}`);
  return logAlert('WeirProtectedNamespaceDenied', {
    subject: 'denied',
    severity,
    logql: `topk(${mostAtOnce}, sum by (${labels}) (
${toProtected}
)) >= ${enough}`,
    logsql: `${sumsToProtected}
| stats by (${labels}) sum(flows) as flows
| filter flows:>=${enough}
${logsql.mostOf('flows')}`,
    summary: 'A policy denies connections to a protected namespace.',
    description: `{{ $value | humanize }} connections from ${source} ${description} in 5 minutes${byPolicy}.`,
  });
}

/** A scan has many denials, reported by source; a few are reported by their destination. */
const protectedAlerts: LogAlert[] = [
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

const history = logValue('policy_history');

const firstDenial = logAlert('WeirPolicyFirstDenial', {
  subject: 'denied',
  severity: 'warning',
  logql: `topk(${mostAtOnce}, ${deniedBy('[15m]')}
unless on (cluster, policy) ${deniedBy(`[${history}] offset 15m`)})
and on () sum(count_over_time(${flowLog()} [5m] offset 1d))`,
  logsql: `${logsql.deniedStreams} _time:${history}15m ${logsql.anyLine('_time:5m offset 1d')}
| stats by (cluster, ${logsql.policyFields}) ${logsql.countIn('_time:15m', 'flows')}, ${logsql.countIn(`_time:${history} offset 15m`, 'before')}
${logsql.withPolicy}
| filter policy:!""
| stats by (cluster, policy) sum(flows) as flows, sum(before) as before
| filter flows:>0 before:=0
| fields cluster, policy, flows
${logsql.mostOf('flows')}`,
  summary: 'A policy denies connections for the first time in days.',
  description: `The policy {{ $labels.policy }} denied {{ $value | humanize }} connections in 15 minutes, and none in ${history} before.`,
});

export const logDenied: LogGroup[] = [
  { name: 'weir-log-protected', interval: '1m', rules: protectedAlerts },
  { name: 'weir-log-first-denial', interval: '5m', rules: [firstDenial] },
];
