import type { Happening, HappeningKind, World } from '../corpus/index.ts';

/** The alerts that belong to an event. */
export interface Expectation {
  /** Each of these should fire. */
  readonly expected: readonly string[];
  /** These may fire as well, since they follow from its meaning. */
  readonly accepted?: readonly string[];
}

const workloadAndService = (way: string): string[] => [`WeirWorkload${way}`, `WeirService${way}`];
const quiet = ['Quiet', 'Silent', 'Absent'];
const quietWorkload = quiet.flatMap(workloadAndService);
const quietNode = quiet.map((way) => `WeirNode${way}`);

const quietCluster = quiet.map((way) => `WeirCluster${way}`);
/** Without an aggregator no exporter's records arrive. */
const unheard = ['WeirExporterSilent', 'WeirNoRecords'];

/** Other events should fire no alert at all. */
export const expectations: Readonly<Partial<Record<HappeningKind, Expectation>>> = {
  'workload falls to zero': { expected: workloadAndService('Silent'), accepted: quietWorkload },
  'workload drops to 10 %': { expected: workloadAndService('Quiet') },
  'workload drops to 10 % for half an hour': { expected: workloadAndService('Quiet') },
  'workload drops to 30 %': { expected: workloadAndService('Quiet') },
  'workload is away for days': { expected: workloadAndService('Silent'), accepted: quietWorkload },
  'workload drops to 10 % for days': { expected: workloadAndService('Quiet'), accepted: quietWorkload },
  'workload goes missing': { expected: workloadAndService('Absent'), accepted: quietWorkload },
  'sparse workload falls to zero': { expected: [], accepted: quietWorkload },
  'bursty workload falls to zero': { expected: [], accepted: quietWorkload },
  'workload pinned at a ceiling': { expected: workloadAndService('Pinned') },
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

/** Events that remove traffic; objects with most of their traffic there are quiet as well. */
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
 * A series that is silent when the aggregator restarts is not shown at all. Then its absence is as good a
 * report, and counts for the expected alert. A silent series need not be reported as quiet, and is not.
 */
export function standIns(alert: string, { during }: Happening, { restarts }: World): string[] {
  const soon = [...restarts].some((minute) => minute >= during.from && minute < during.from + 20);
  // the series may disappear just after it was reported as silent
  if (alert.endsWith('Absent')) return [alert.replace('Absent', 'Silent')];
  if (alert.endsWith('Quiet')) return [alert.replace('Quiet', 'Silent')];
  return soon && alert.endsWith('Silent') ? [alert.replace('Silent', 'Absent')] : [];
}

/** Alerts on a number of the user's own, which nothing here can judge. */
export const notJudged: readonly string[] = ['WeirCrossZoneBudgetExceeded'];

/**
 * How long after the end of an event its alert may still begin, in minutes: its windows reach back that far.
 */
export function boundMinutes(alert: string): number {
  if (/Quiet$|Lossy$|Predicted$/.test(alert)) return 30;
  if (/Pinned$|CrossZone/.test(alert)) return 45;
  return 10;
}
