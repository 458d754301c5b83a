/**
 * A workload talks to new external addresses. Behind most names, single addresses change by the hour. So a
 * destination is a /24 of IPv4 or a /48 of IPv6.
 */

import { flowLog, logValue, mostAtOnce, podOf, withLabel, withPodNames } from './flow-log.ts';
import {
  countIn,
  flowStreams,
  renamePod as logsqlNamed,
  matchesWhole,
  mostOf,
  podFields,
  subqueryOf,
} from './flow-logsql.ts';
import { type LogGroup, logAlert } from './log-rule.ts';

const watched = logValue('watched_namespaces');
/** When a cluster has more namespaces than the label has values, some are called "other". */
const ofWatched = (more = ''): string =>
  `${flowLog(`${more}namespace=~\`${watched}|other\``)} | sourcePodNamespace=~\`${watched}\``;

/** A source without a Pod counts for its node. */
const ofWorkloads = (by: string, lines: string): string =>
  withPodNames(
    'source',
    withLabel(
      `sum by (cluster, sourceNodeName, ${podOf('source')}${by}) (count_over_time(
  ${lines}
))`,
      'workload',
      'sourceNodeName',
      '(.+)',
    ),
  );

/**
 * Three octets of IPv4 or three groups of IPv6; an IPv6 address that is shortened before those is taken
 * whole.
 */
const network = '(?P<network>[0-9]+[.][0-9]+[.][0-9]+|[0-9a-f]+:[0-9a-f]+:[0-9a-f]+|[^ ]+)';

const notations = [
  ['([0-9.]+)', '$1.0/24'],
  ['([0-9a-f]+:[0-9a-f]+:[0-9a-f]+)', '$1::/48'],
  ['(.*::.*)', '$1'],
] as const;

function networksReached(range: string): string {
  const lines = `${ofWatched('flowType="ToExternal", verdict!~"Drop|Reject", ')} | regexp \`^[^ ]+ [^ ]+ ${network}\` ${range}`;
  const sums = notations.reduce(
    (inner, [pattern, to]) => withLabel(inner, 'destination', 'network', pattern, to),
    ofWorkloads(', network', lines),
  );
  return `sum by (cluster, namespace, workload, destination) (${sums})`;
}

/** To a workload that began within a day, every destination is new. */
const knownForADay = `sum by (cluster, namespace, workload) (${ofWorkloads('', `${ofWatched()} [30m] offset 1d`)})`;

/** The same in LogsQL. */
const watchedPods = matchesWhole('sourcePodNamespace', watched);
const watchedStreams = (more = ''): string => flowStreams(`${more}namespace=~\`${watched}|other\``);
const outsideStreams = watchedStreams('flowType="ToExternal",verdict!~"Drop|Reject",');

const workloadOf = `${logsqlNamed('source')}
| format if (workload:"") "<sourceNodeName>" as workload`;

const knownWorkloads = `${watchedStreams()} _time:30m offset 1d ${watchedPods}
| stats by (cluster, sourceNodeName, ${podFields('source')}) count() as known
${workloadOf}
| stats by (cluster, namespace, workload) sum(known) as known`;

/** The address is the third word of a line. */
const destinationOf = `| extract "<_> <_> <destination> "
| replace_regexp ("^([0-9]+[.][0-9]+[.][0-9]+)[.].*$", "$1.0/24") at destination
| replace_regexp ("^([0-9a-f]+:[0-9a-f]+:[0-9a-f]+):.*$", "$1::/48") at destination`;

const history = logValue('external_history');

const newDestination = logAlert('WeirNewExternalDestination', {
  subject: 'external',
  severity: 'warning',
  logql: `topk(${mostAtOnce}, ${networksReached('[15m]')}
unless on (cluster, namespace, workload, destination)
${networksReached(`[${history}] offset 15m`)}
and on (cluster, namespace, workload)
${knownForADay})`,
  logsql: `${outsideStreams} _time:${history}15m ${watchedPods}
${destinationOf}
| stats by (cluster, sourceNodeName, ${podFields('source')}, destination) ${countIn('_time:15m', 'flows')}, ${countIn(`_time:${history} offset 15m`, 'before')}
${workloadOf}
| stats by (cluster, namespace, workload, destination) sum(flows) as flows, sum(before) as before
| filter flows:>0 before:=0
| join by (cluster, namespace, workload) ${subqueryOf(knownWorkloads)} inner
| stats by (cluster, namespace, workload, destination) sum(flows) as flows
${mostOf('flows')}`,
  summary: 'A workload has flows to a new external network.',
  description: `{{ with $labels.namespace }}{{ . }}/{{ end }}{{ $labels.workload }} had {{ $value | humanize }} flows to {{ $labels.destination }} in 15 minutes, and none in ${history} before.`,
});

export const logExternal: LogGroup[] = [
  // each evaluation reads days of lines
  { name: 'weir-log-external', interval: '10m', rules: [newDestination] },
];
