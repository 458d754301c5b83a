/**
 * Denied, unanswered or reset connections, far more than usual. Usual is any quarter of an hour of the day
 * before, the week without its worst days, and these hours a week ago. Denied connections count for their
 * source, the others for their destination: that is where to look.
 */

import { growthOf } from './grown.ts';
import { sumRenamed, workloadOf } from './rates.ts';
import { type Alert, type Group, makeAlert, makeRecording, type Recording, type Severity } from './rule.ts';
import { thresholdOf } from './thresholds.ts';

interface Surge {
  /** Prefix of its metrics and thresholds. */
  readonly name: 'denied' | 'unanswered' | 'reset';
  readonly end: 'source' | 'destination';
  readonly severities: readonly Severity[];
  readonly summary: string;
  readonly what: string;
  /** A roll-out has the same symptoms for minutes. So the surge must last longer, or be a larger share. */
  readonly outlasts?: 'roll-out' | 'roll-out, or is a larger share';
}

const surges: Surge[] = [
  {
    name: 'denied',
    end: 'source',
    severities: ['critical', 'warning'],
    summary: 'Policies or rules deny far more connections of a workload than before.',
    what: 'were denied in the last 15 minutes',
  },
  {
    name: 'unanswered',
    end: 'destination',
    severities: ['critical', 'warning'],
    summary: 'Far more connections to a workload than before get no answer.',
    what: 'got no answer in the last 15 minutes',
    outlasts: 'roll-out, or is a larger share',
  },
  {
    name: 'reset',
    end: 'destination',
    severities: ['warning'],
    summary: 'Far more connections to a workload than before end by a reset.',
    what: 'ended by a reset in the last 15 minutes',
    outlasts: 'roll-out',
  },
];

const flowsOf = ({ name }: Surge): string => `workload:weir_flow_${name}_flows`;

/**
 * The worst quarter of an hour is that of the day that ended six hours ago, since a surge stays news for so
 * long. Or it is that of the week before, without its worst day and a half: one roll-out or incident is no
 * habit. For a destination, its share of all connections counts as well, so that more clients are no surge.
 */
function surgeRules(surge: Surge): Recording[] {
  const flows = flowsOf(surge);
  const increaseOf = (name: string, during: '5m' | '15m' = '15m'): string =>
    sumRenamed(
      workloadOf(surge.end),
      growthOf(`weir_flow_workload_${name}_total{${surge.end}_kind!="other"}`, during),
    );
  const shares = [
    makeRecording(`${flows}:share15m`, `${flows}:increase15m / (${increaseOf('flows')} > 0)`),
    // at least a hundredth: a new destination has no earlier share, and three in a hundred are no news
    makeRecording(
      `${flows}:usual_share15m`,
      `clamp_min(avg_over_time(${flows}:share15m[1d:15m] offset 6h), 0.01)`,
    ),
  ];
  const latest = makeRecording(
    `${flows}:share5m`,
    `${increaseOf(`${surge.name}_flows`, '5m')}
/
(${increaseOf('flows', '5m')} > 0)`,
  );
  return [
    makeRecording(`${flows}:increase15m`, increaseOf(`${surge.name}_flows`)),
    makeRecording(`${flows}:worst15m_1d`, `max_over_time(${flows}:increase15m[1d:5m] offset 6h)`),
    makeRecording(
      `${flows}:worst15m`,
      `quantile_over_time(0.75, ${flows}:worst15m_1d[6d:1h]) > ${flows}:worst15m_1d
or ${flows}:worst15m_1d
or ${flows}:increase15m * 0`,
    ),
    ...(surge.end === 'destination' ? shares : []),
    ...(surge.outlasts ? [latest] : []),
  ];
}

/**
 * The destination is known for a day, its share of failed connections has risen, and no roll-out has just
 * ended. A new destination has no habits, and at first does not answer everybody. Nor does one that was away
 * and has returned: half an hour ago somebody connected to it.
 */
function unlessExplained(surge: Surge): string {
  if (surge.end === 'source') return '';
  const flows = flowsOf(surge);
  const surged = thresholdOf(`${surge.name}_surge`);
  return `
and ${flows}:share15m / ${flows}:usual_share15m >= ${surged}
and ${isOutlasting(surge)}
and last_over_time(${flows}:increase15m[6h] offset 1d)
and last_over_time(${flows}:share15m[15m] offset 30m)
unless on (namespace, workload) last_over_time(workload:weir_quiet_expected:info[30m])`;
}

/** Kubernetes gives up a roll-out after ten minutes; its rest in shares of five minutes is gone within 17. */
function isOutlasting(surge: Surge): string {
  const flows = flowsOf(surge);
  const surged = thresholdOf(`${surge.name}_surge`);
  const goesOn = `min_over_time(${flows}:share5m[17m]) / ${flows}:usual_share15m >= ${surged}`;
  if (surge.outlasts === 'roll-out') return goesOn;
  return `(${flows}:share5m >= ${thresholdOf(`${surge.name}_share`)} or ${goesOn})`;
}

function surgeAlert(surge: Surge, severity: Severity): Alert {
  const flows = flowsOf(surge);
  const noun = surge.name.charAt(0).toUpperCase() + surge.name.slice(1);
  const surged = thresholdOf(`${surge.name}_surge`);
  const whose = surge.end === 'source' ? 'from' : 'to';
  return makeAlert(`Weir${noun}Surge`, {
    subject: 'denied',
    severity,
    for: '2m',
    keepFiringFor: '15m',
    expr: `${flows}:increase15m >= ${thresholdOf(`${surge.name}_flows_${severity}`)}
and ${flows}:increase15m / clamp_min(${flows}:worst15m, 1) >= ${surged}
unless ${flows}:increase15m / clamp_min(max_over_time(${flows}:increase15m[2h] offset 167h), 1) < ${surged}
and on () count(last_over_time(cluster:weir_flow_bytes:rate5m[6h] offset 1d))${unlessExplained(surge)}`,
    summary: surge.summary,
    description: `{{ $value | humanize }} connections ${whose} {{ with $labels.namespace }}{{ . }}/{{ end }}{{ $labels.workload }} ({{ $labels.kind }}) ${surge.what}.`,
  });
}

export const denied: Group[] = surges.map((surge) => ({
  name: `weir-${surge.name}`,
  interval: '1m',
  rules: [...surgeRules(surge), ...surge.severities.map((severity) => surgeAlert(surge, severity))],
}));
