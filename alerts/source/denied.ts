/**
 * Connections that are denied, not answered or reset, many more than in any quarter of an hour of a week. Denied ones count for who opened them, the
 * others for who was reached: that is where to look.
 */

import { sumRenamed, workloadOf } from './rates.ts';
import { type Alert, alert, type Group, type Recording, record, type Severity } from './rule.ts';
import { threshold } from './thresholds.ts';

interface Surge {
  /** Of the metrics and thresholds. */
  readonly name: 'denied' | 'unanswered' | 'reset';
  readonly end: 'source' | 'destination';
  readonly severities: readonly Severity[];
  readonly summary: string;
  readonly what: string;
}

const surges: Surge[] = [
  {
    name: 'denied',
    end: 'source',
    severities: ['critical', 'warning'],
    summary: 'Far more connections of a workload than before are denied by policies or rules.',
    what: 'connections were denied in the last 15 minutes',
  },
  {
    name: 'unanswered',
    end: 'destination',
    severities: ['critical', 'warning'],
    summary: 'Far more connections to a workload than before get no answer.',
    what: 'connections got no answer in the last 15 minutes',
  },
  {
    name: 'reset',
    end: 'destination',
    severities: ['warning'],
    summary: 'Far more connections to a workload than before end by a reset.',
    what: 'connections were reset in the last 15 minutes',
  },
];

const flowsOf = ({ name }: Surge): string => `workload:weir_flow_${name}_flows`;

/**
 * The worst is of the week that ended six hours ago: a surge is news for so long, and neither an hour nor a day is left out.
 * What was reached is also seen as a share of all connections to it, so that more clients are no surge.
 */
function surgeRules(surge: Surge): Recording[] {
  const flows = flowsOf(surge);
  const increase = (name: string): string =>
    sumRenamed(
      workloadOf(surge.end),
      `increase(weir_flow_workload_${name}_total{${surge.end}_kind!="other"}[15m])`,
    );
  const shares = [
    record(`${flows}:share15m`, `${flows}:increase15m / (${increase('flows')} > 0)`),
    record(`${flows}:usual_share15m`, `avg_over_time(${flows}:share15m[1d:15m] offset 6h)`),
  ];
  return [
    record(`${flows}:increase15m`, increase(`${surge.name}_flows`)),
    record(`${flows}:worst15m_1d`, `max_over_time(${flows}:increase15m[1d:5m] offset 6h)`),
    record(
      `${flows}:worst15m`,
      `max_over_time(${flows}:worst15m_1d[6d:1h]) or ${flows}:worst15m_1d or ${flows}:increase15m * 0`,
    ),
    ...(surge.end === 'destination' ? shares : []),
  ];
}

/**
 * What was reached is known for a day, the share of connections that go wrong has risen, and no roll-out has just ended
 * them: what begins has neither habits nor, at first, an answer for everybody.
 */
function unlessExplained(surge: Surge): string {
  if (surge.end === 'source') return '';
  const flows = flowsOf(surge);
  return `
and ${flows}:share15m / ${flows}:usual_share15m >= ${threshold(`${surge.name}_surge`)}
and ${flows}:increase15m offset 1d
unless on (namespace, workload) last_over_time(workload:weir_quiet_expected:info[30m])`;
}

function surgeAlert(surge: Surge, severity: Severity): Alert {
  const flows = flowsOf(surge);
  const noun = surge.name.charAt(0).toUpperCase() + surge.name.slice(1);
  const whose = surge.end === 'source' ? 'of' : 'to';
  return alert(`Weir${noun}Surge`, {
    subject: 'denied',
    severity,
    for: '2m',
    keepFiringFor: '15m',
    expr: `${flows}:increase15m >= ${threshold(`${surge.name}_flows_${severity}`)}
and ${flows}:increase15m / clamp_min(${flows}:worst15m, 1) >= ${threshold(`${surge.name}_surge`)}
and on () count(cluster:weir_flow_bytes:rate5m offset 1d)${unlessExplained(surge)}`,
    summary: surge.summary,
    description: `{{ $value | humanize }} ${surge.what} ${whose} {{ with $labels.namespace }}{{ . }}/{{ end }}{{ $labels.workload }} ({{ $labels.kind }}).`,
  });
}

export const denied: Group[] = surges.map((surge) => ({
  name: `weir-${surge.name}`,
  interval: '1m',
  rules: [...surgeRules(surge), ...surge.severities.map((severity) => surgeAlert(surge, severity))],
}));
