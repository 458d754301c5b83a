/**
 * Lines that stop. None at all says nothing of the network: who writes them, or the way to Loki, is away. A workload is
 * only missed while others are logged.
 */

import { flowLog, logValue, mostAtOnce, named, podOf } from './flow-log.ts';
import { type Alert, alert, type Group } from './rule.ts';

const absentSummary = 'No flows are logged any more; who writes them, or the way to Loki, is away.';

const logAbsent = alert('WeirFlowLogAbsent', {
  subject: 'pipeline',
  severity: 'critical',
  for: logValue('missed_log'),
  expr: `absent_over_time(${flowLog()} [2m])`,
  summary: absentSummary,
  description: `No line of any flow has come for ${logValue('missed_log')} and two minutes.`,
});

const linesOf = (range: string): string =>
  `sum by (cluster) (count_over_time(${flowLog('cluster!=""')} ${range}))`;

/** One of several: with all of them away there is nothing to tell it by, and `logAbsent` speaks. */
const clusterLogAbsent = alert('WeirFlowLogAbsent', {
  subject: 'pipeline',
  severity: 'critical',
  expr: `${linesOf('[30m] offset 10m')}
unless on (cluster) ${linesOf('[10m]')}
and on () sum(count_over_time(${flowLog()} [2m]))`,
  summary: absentSummary,
  description:
    'No line of the cluster {{ $labels.cluster }} has come for 10 minutes, of which there were {{ $value | humanize }} in the half hour before; others are logged.',
});

const workload = 'cluster, namespace, workload';

/** At either end; what is at both is there once. */
const seen = (range: string, enough = ''): string =>
  (['source', 'destination'] as const)
    .map(
      (end) =>
        `sum by (${workload}) (${named(end, `sum by (cluster, ${podOf(end)}) (count_over_time(${flowLog()} | ${end}PodName!="" ${range}))`)})${enough}`,
    )
    .join('\nor\n');

const enough = ` >= ${logValue('missed_lines')}`;

const workloadAbsent: Alert = alert('WeirWorkloadLogAbsent', {
  subject: 'quiet',
  severity: 'warning',
  expr: `topk(${mostAtOnce}, (
${seen('[10m] offset 10m', enough)}
)
and on (${workload}) (
${seen('[10m] offset 1d', enough)}
)
unless on (${workload}) (
${seen('[10m]')}
))
and on () sum(count_over_time(${flowLog()} [2m]))`,
  summary: 'No flows of a workload are logged any more, while others are.',
  description:
    'No flow from or to {{ $labels.namespace }}/{{ $labels.workload }} has been logged for 10 minutes; in the ten before there were {{ $value | humanize }}, and yesterday at this time there were enough as well.',
});

export const logAbsence: Group[] = [
  { name: 'weir-log-absent', interval: '1m', rules: [logAbsent] },
  { name: 'weir-log-quiet', interval: '5m', rules: [clusterLogAbsent, workloadAbsent] },
];
