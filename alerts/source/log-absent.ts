/**
 * Lines that stop. No lines at all show nothing about the network: the writer, or the way to the log server,
 * has failed. A missing workload counts only while others are logged.
 */

import { flowLog, logValue, mostAtOnce, podOf, withPodNames } from './flow-log.ts';
import {
  anyLine,
  countIn,
  flowStreams,
  renamePod as logsqlNamed,
  mostOf,
  podFields,
  subqueryOf,
} from './flow-logsql.ts';
import { type LogAlert, type LogGroup, logAlert } from './log-rule.ts';

const absentSummary =
  'No flows reach the log: the aggregator or the connection to the log server has failed.';

const logAbsent = logAlert('WeirFlowLogAbsent', {
  subject: 'pipeline',
  severity: 'critical',
  for: logValue('missed_log'),
  logql: `absent_over_time(${flowLog()} [2m])`,
  logsql: `${flowStreams()} _time:2m
| stats count() as lines
| filter lines:=0
| format "weir-flows" as service_name`,
  summary: absentSummary,
  description: `No flow has been logged for more than ${logValue('missed_log')}.`,
});

const othersAreLogged = anyLine('_time:2m');

const linesOf = (range: string): string =>
  `sum by (cluster) (count_over_time(${flowLog('cluster!=""')} ${range}))`;

/** One cluster of several: when all are gone, no line shows it, and `logAbsent` fires. */
const clusterLogAbsent = logAlert('WeirFlowLogAbsent', {
  subject: 'pipeline',
  severity: 'critical',
  logql: `${linesOf('[30m] offset 10m')}
unless on (cluster) ${linesOf('[10m]')}
and on () sum(count_over_time(${flowLog()} [2m]))`,
  logsql: `${flowStreams('cluster!=""')} _time:40m ${othersAreLogged}
| stats by (cluster) ${countIn('_time:30m offset 10m', 'lines')}, ${countIn('_time:10m', 'since')}
| filter lines:>0 since:=0
| fields cluster, lines`,
  summary: absentSummary,
  description:
    'No flow of the cluster {{ $labels.cluster }} has been logged for 10 minutes. {{ $value | humanize }} were in the half hour before. Other flows are logged.',
});

const workload = 'cluster, namespace, workload';

/** At either end; a workload at both ends counts once. */
const seenWorkloads = (range: string, enough = ''): string =>
  (['source', 'destination'] as const)
    .map(
      (end) =>
        `sum by (${workload}) (${withPodNames(end, `sum by (cluster, ${podOf(end)}) (count_over_time(${flowLog()} | ${end}PodName!="" ${range}))`)})${enough}`,
    )
    .join('\nor\n');

const enough = ` >= ${logValue('missed_lines')}`;

/**
 * In LogsQL, for one end: the ten minutes before the last ten, the last ten, and a day ago. Of two ends, the
 * one with more lines counts.
 */
const seenAt = (end: 'source' | 'destination'): string =>
  `${flowStreams()} _time:1d10m (_time:20m or _time:10m offset 1d) ${end}PodName:!"" ${othersAreLogged}
| stats by (cluster, ${podFields(end)}) ${countIn('_time:10m offset 10m', 'lines')}, ${countIn('_time:10m offset 1d', 'yesterday')}, ${countIn('_time:10m', 'since')}
${logsqlNamed(end)}
| stats by (${workload}) sum(lines) as lines, sum(yesterday) as yesterday, sum(since) as since`;

const workloadAbsent: LogAlert = logAlert('WeirWorkloadLogAbsent', {
  subject: 'quiet',
  severity: 'warning',
  logql: `topk(${mostAtOnce}, (
${seenWorkloads('[10m] offset 10m', enough)}
)
and on (${workload}) (
${seenWorkloads('[10m] offset 1d', enough)}
)
unless on (${workload}) (
${seenWorkloads('[10m]')}
))
and on () sum(count_over_time(${flowLog()} [2m]))`,
  logsql: `${seenAt('source')}
| union ${subqueryOf(seenAt('destination'))}
| stats by (${workload}) max(lines) as lines, max(yesterday) as yesterday, max(since) as since
| filter lines:>=${logValue('missed_lines')} yesterday:>=${logValue('missed_lines')} since:=0
| fields ${workload}, lines
${mostOf('lines')}`,
  summary: 'No flows of a workload are logged any more, while others are.',
  description:
    'No flow from or to {{ $labels.namespace }}/{{ $labels.workload }} has been logged for 10 minutes. {{ $value | humanize }} were in the ten minutes before. Yesterday at this time the log was not quiet either.',
});

export const logAbsence: LogGroup[] = [
  { name: 'weir-log-absent', interval: '1m', rules: [logAbsent] },
  { name: 'weir-log-quiet', interval: '5m', rules: [clusterLogAbsent, workloadAbsent] },
];
