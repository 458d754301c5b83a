import { type AlertRule, alertRules, type Variant } from '../alert-rules.ts';
import type { Comparison } from '../comparison.ts';
import type { Page, Row } from '../dashboard.ts';
import { openRunbook } from '../links.ts';
import { logRows } from '../log-panels.ts';
import { alertedFlows } from '../log-views.ts';
import { badFrom, blind } from '../looks.ts';
import { graphPanel, listPanel, numberPanel, statesPanel } from '../panels.ts';
import { type Line, type Signal, threshold, type Unit, units } from '../signal.ts';
import * as alerts from '../signals/alerts.ts';
import { flowLines, lineRate, talkerSums } from '../signals/lines.ts';
import * as processes from '../signals/processes.ts';
import * as records from '../signals/records.ts';

/*
 * Each alert from its rule file: every comparison of the rule is a panel with the measured value and its
 * threshold. Nothing is written twice, so the two cannot differ.
 */

const SHOWN = 20;

/** The first rows, in this order; the others follow. */
const subjects = ['saturation', 'quiet', 'loss', 'denied', 'zone'];

const words: Readonly<Record<Comparison['operator'], string>> = {
  '>': 'above',
  '>=': 'at or above',
  '<': 'below',
  '<=': 'at or below',
  '==': 'equal to',
  '!=': 'other than',
};

export const saturationAndQuiet: Page = {
  name: 'saturation-and-quiet',
  title: 'Saturation and Quiet',
  description:
    'Saturation and unusual quiet: each alert\'s own comparison with its threshold. Needs Weir\'s rule files in Prometheus. Alerts on Services, zones and pairs of nodes need the groupings "service", "zone" and "node".',
  from: 'now-6h',
  rows: [
    {
      title: 'Now',
      panels: [
        numberPanel(alerts.firing, 8, { thresholds: badFrom(1) }),
        numberPanel(processes.down, 8, { thresholds: badFrom(1) }),
        numberPanel(records.recordsLost, 8, { thresholds: badFrom(1) }),
        listPanel(alerts.firingList, 24, 8),
        graphPanel(alerts.course, 24),
        statesPanel(alerts.blindness, 24, blind, 6),
      ],
    },
    ...logRows('Flows behind an alert: choose its node, namespace or workload', (on) => [
      on.list(talkerSums(alertedFlows), 12),
      on.graph(lineRate(alertedFlows, 'verdict', 'verdict'), 12, 10),
      on.lines(flowLines(alertedFlows), 24),
    ]),
    ...alertRules.toSorted((a, b) => rankOf(a) - rankOf(b)).map(rowOf),
  ],
};

function rankOf({ subject }: AlertRule): number {
  const at = subjects.indexOf(subject);
  return at < 0 ? subjects.length : at;
}

/** Grafana would take a path for one of its own pages. */
function isAddress(runbook: string | undefined): runbook is string {
  return /^https?:/.test(runbook ?? '');
}

/** When the alert fires: all its conditions at once, for its time, and without an excuse of the rule. */
function rowOf(rule: AlertRule): Row {
  const [first] = rule.variants;
  const { conditions } = first!;
  const lengths = widthsOf(conditions.length);
  const look = { isSigned: true, links: isAddress(rule.runbook) ? [openRunbook(rule.runbook)] : [] };
  return {
    title: `${rule.name}: ${rule.summary}`,
    isFolded: true,
    panels:
      conditions.length === 0
        ? [graphPanel(presenceSignal(rule), 24, look)]
        : conditions.map((_, index) => graphPanel(comparedSignal(rule, index), lengths[index]!, look)),
  };
}

/** For a rule without a comparison, which fires while its series exist. */
function presenceSignal({ name, summary, variants }: AlertRule): Signal {
  const [{ promql, severity, for: time }] = variants as [Variant];
  return {
    title: name,
    description: `${summary} Fires (${severity} after ${time}) while there is a line. Measured: ${oneLine(promql)}`,
    unit: units.count,
    lines: [{ promql, legend: '__auto' }],
  };
}

function oneLine(promql: string): string {
  return promql.trim().replaceAll(/\s+/g, ' ');
}

function comparedSignal({ name, summary, variants }: AlertRule, index: number): Signal {
  const [{ conditions }] = variants as [Variant];
  const { left, operator } = conditions[index]!;
  const which = conditions.length > 1 ? `, condition ${index + 1} of ${conditions.length}` : '';
  const times = variants.map(({ severity, for: time }) => `${severity} after ${time}`).join(', ');
  return {
    title: `${name}${which}`,
    description: `${summary} Fires (${times}) while ${conditions.length > 1 ? 'this and the other conditions hold' : 'this holds'}: ${words[operator]} the threshold. The ${SHOWN} nearest to it. Measured: ${oneLine(left)}`,
    unit: unitOf(conditions[index]!),
    lines: [measuredLine(conditions[index]!), ...variants.flatMap((variant) => compareWith(variant, index))],
  };
}

/** Thresholds are series `…threshold…:<unit>`. */
function isThreshold({ right }: Comparison): boolean {
  return right.includes('threshold');
}

function isNumber({ right }: Comparison): boolean {
  return /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(right);
}

/** A value compared with another measured value, not with a threshold, is drawn as a share of it. */
function measuredPromql(condition: Comparison): string {
  const { left, matching, right } = condition;
  const chosen = chosenThreshold(condition);
  if (chosen !== undefined) return `(${left}) and ${matching.replace(/ group_.*/, '')} ${chosen}`;
  return isThreshold(condition) || isNumber(condition) ? left : `(${left}) / ${matching} (${right})`;
}

/** A threshold by namespace or node: those of the chosen ones. */
function chosenThreshold({ matching, right }: Comparison): string | undefined {
  const [, label] = /^on \((namespace|node)\)/.exec(matching) ?? [];
  return label !== undefined && /^[\w:]+$/.test(right) ? `${right}{${label}=~"$${label}"}` : undefined;
}

/** The objects nearest to the threshold in the whole range, chosen once. */
function measuredLine(condition: Comparison): Line {
  const value = measuredPromql(condition);
  const [choose, extreme] = condition.operator.startsWith('<') ? ['bottomk', 'min'] : ['topk', 'max'];
  return {
    promql: `(${value}) and ${choose}(${SHOWN}, ${extreme}_over_time((${value})[$__range:5m] @ end()))`,
    legend: '__auto',
  };
}

/**
 * One line for each severity: the strictest, when objects have their own thresholds. Infinite means that a
 * rule is off.
 */
function compareWith({ severity, conditions }: Variant, index: number): Line[] {
  const condition = conditions[index];
  if (condition === undefined) return [];
  const strictest = condition.operator.startsWith('<') ? 'max' : 'min';
  const isSingle = isNumber(condition) || condition.right.startsWith('scalar(');
  const single = isSingle ? condition.right : '1';
  const promql =
    isThreshold(condition) && !isSingle
      ? `${strictest}((${chosenThreshold(condition) ?? condition.right}) < Inf)`
      : `vector(${single})`;
  return [{ promql, legend: `${threshold} (${severity})` }];
}

/** The last part of a threshold's name is its unit. */
function unitOf(condition: Comparison): Unit {
  if (isNumber(condition)) return units.count;
  const [, name = 'ratio'] = /threshold[\w:]*:(\w+)/.exec(condition.right) ?? [];
  return (
    {
      ratio: units.ratio,
      seconds: units.seconds,
      bytes: units.bytes,
      bytes_per_second: units.bytesPerSecond,
    }[name] ?? units.count
  );
}

/** Up to three panels side by side. */
function widthsOf(count: number): number[] {
  const lines = Array.from({ length: Math.ceil(count / 3) }, (_, line) => Math.min(3, count - 3 * line));
  return lines.flatMap((inLine) => Array<number>(inLine).fill(24 / inLine));
}
