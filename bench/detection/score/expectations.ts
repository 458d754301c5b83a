import type { Happening, HappeningKind, World } from '../corpus/index.ts';

/** Which alerts belong to what happens. */
export interface Expectation {
  /** Each of these should tell. */
  readonly expected: readonly string[];
  /** These may tell as well, since they follow from it by their meaning. */
  readonly accepted?: readonly string[];
}

const both = (way: string): string[] => [`WeirWorkload${way}`, `WeirService${way}`];
const quiet = ['Quiet', 'Silent', 'Absent'];
const quietWorkload = quiet.flatMap(both);
const quietNode = quiet.map((way) => `WeirNode${way}`);

const quietCluster = quiet.map((way) => `WeirCluster${way}`);
/** While there is no aggregator no exporter is heard of. */
const unheard = ['WeirExporterSilent', 'WeirNoRecords'];

/** What is not here should make no alert at all. */
export const expectations: Readonly<Partial<Record<HappeningKind, Expectation>>> = {
  'workload falls to zero': { expected: both('Silent'), accepted: quietWorkload },
  'workload drops to 10 %': { expected: both('Quiet') },
  'workload drops to 10 % for half an hour': { expected: both('Quiet') },
  'workload drops to 30 %': { expected: both('Quiet') },
  'workload is away for days': { expected: both('Silent'), accepted: quietWorkload },
  'workload drops to 10 % for days': { expected: both('Quiet'), accepted: quietWorkload },
  'workload goes missing': { expected: both('Absent'), accepted: quietWorkload },
  'sparse workload falls to zero': { expected: [], accepted: quietWorkload },
  'bursty workload falls to zero': { expected: [], accepted: quietWorkload },
  'workload pinned at a ceiling': { expected: both('Pinned') },
  'denied flows surge': { expected: ['WeirDeniedSurge'] },
  'denied flows from outside surge': { expected: ['WeirDeniedSurge'] },
  'unanswered flows surge': { expected: ['WeirUnansweredSurge'] },
  'reset flows surge': { expected: ['WeirResetSurge'] },
  'packets are lost one way': { expected: ['WeirWorkloadPathLossy'], accepted: ['WeirNodePathLossy'] },
  'node loses packets': { expected: ['WeirNodePathLossy'], accepted: ['WeirWorkloadPathLossy'] },
  'bytes across zones surge': { expected: ['WeirCrossZoneShareHigh'] },
  'node goes quiet': {
    expected: ['WeirNodeSilent'],
    accepted: [...quietNode, ...quietWorkload, ...quietCluster],
  },
  'cluster goes quiet': {
    expected: ['WeirClusterQuiet'],
    accepted: [...quietCluster, ...quietNode, ...quietWorkload],
  },
  'exporter goes silent': { expected: ['WeirExporterSilent', 'WeirAgentDisconnected'] },
  'agent does not answer': { expected: ['WeirAgentDown', 'WeirExporterSilent'] },
  'agent is gone': { expected: ['WeirAgentAbsent', 'WeirExporterSilent'] },
  'aggregator does not answer': {
    expected: ['WeirAggregatorAbsent', 'WeirAggregatorDown'],
    accepted: unheard,
  },
  'aggregator is gone': { expected: ['WeirAggregatorAbsent'], accepted: unheard },
  'records are lost': { expected: ['WeirRecordsLost'] },
  'link grows full': { expected: ['WeirLinkSaturationPredicted', 'WeirLinkSaturated'] },
  'link grows full within hours': {
    expected: ['WeirLinkSaturated'],
    accepted: ['WeirLinkSaturationPredicted'],
  },
  'link is filled at once': { expected: ['WeirLinkSaturated'], accepted: ['WeirLinkSaturationPredicted'] },
  'conntrack table grows full': { expected: ['WeirConntrackSaturationPredicted', 'WeirConntrackSaturated'] },
  'conntrack table is filled at once': {
    expected: ['WeirConntrackSaturated'],
    accepted: ['WeirConntrackSaturationPredicted'],
  },
};

/** What takes traffic away; whoever had most of theirs with it is quiet as well. */
export const quietKinds: readonly HappeningKind[] = [
  'workload falls to zero',
  'workload drops to 10 %',
  'workload drops to 10 % for half an hour',
  'workload drops to 30 %',
  'workload is away for days',
  'workload drops to 10 % for days',
  'workload goes missing',
  'sparse workload falls to zero',
  'bursty workload falls to zero',
  'node goes quiet',
  'cluster goes quiet',
];
export const quietAlerts: readonly string[] = [...quietWorkload, ...quietNode, ...quietCluster];

/**
 * What is silent when the aggregator begins anew is not even shown as silent: then it is as good to tell that
 * it is absent, which counts for the alert that has to tell. What is called silent need not be called quiet,
 * and is not.
 */
export function standIns(alert: string, { during }: Happening, { restarts }: World): string[] {
  const soon = [...restarts].some((minute) => minute >= during.from && minute < during.from + 20);
  // the series may be gone just after it was called silent
  if (alert.endsWith('Absent')) return [alert.replace('Absent', 'Silent')];
  if (alert.endsWith('Quiet')) return [alert.replace('Quiet', 'Silent')];
  return soon && alert.endsWith('Silent') ? [alert.replace('Silent', 'Absent')] : [];
}

/**
 * Meters that compare with a number of the user's own, so that nothing here could be right or wrong about
 * them.
 */
export const notJudged: readonly string[] = ['WeirCrossZoneBudgetExceeded'];

/**
 * How long after the end of what happens an alert about it may still begin, in minutes: its windows reach
 * back for so long.
 */
export function boundMinutes(alert: string): number {
  if (/Quiet$|Lossy$|Predicted$/.test(alert)) return 30;
  if (/Pinned$|CrossZone/.test(alert)) return 45;
  return 10;
}
