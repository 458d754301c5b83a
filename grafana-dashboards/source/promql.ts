import type { Quantity } from '../../src/metrics/index.ts';
import type { View } from './view.ts';

/*
 * PromQL over a view, with Grafana's windows. The window $__rate_interval spans at least four scrapes, so a
 * rate is never empty between two of them. The window $__range is the range of the dashboard.
 */

/** By line and second, over time. */
export function perSecond(view: View, measure: Quantity): string {
  return sumBy(view, seriesOf(view, measure, 'rate', '[$__rate_interval]'));
}

/** The sum of the view's lines per second, over time. */
export function allPerSecond(view: View, measure: Quantity): string {
  return `sum(${seriesOf(view, measure, 'rate', '[$__rate_interval]')})`;
}

/** By line, over the whole range; for instant queries. */
export function overRange(view: View, measure: Quantity): string {
  return sumBy(view, seriesOf(view, measure, 'increase', '[$__range]'));
}

/** The sum of all lines over the whole range; for instant queries. Zero when nothing was counted. */
export function allOverRange(view: View, measure: Quantity): string {
  return `sum(${seriesOf(view, measure, 'increase', '[$__range]')}) or vector(0)`;
}

/** The biggest lines over the whole range; for instant queries. */
export function topOverRange(view: View, measure: Quantity, count: number): string {
  return `topk(${count}, ${overRange(view, measure)} > 0)`;
}

/**
 * Over time, the lines that are biggest over the whole range. A plain topk chooses again at each step, so the
 * lines would change constantly; `@ end()` chooses once.
 */
export function topPerSecond(view: View, measure: Quantity, count: number): string {
  return `${perSecond(view, measure)} and ${topLines(view, measure, count)}`;
}

/** The sum of the lines that `topPerSecond` leaves out. */
export function restPerSecond(view: View, measure: Quantity, count: number): string {
  return `sum(${perSecond(view, measure)} unless ${topLines(view, measure, count)})`;
}

/** By line, the growth (negative: the fall) against the previous range of the same length. */
export function changeOf(view: View, measure: Quantity): string {
  const now = overRange(view, measure);
  const before = sumBy(view, seriesOf(view, measure, 'increase', '[$__range] offset $__range'));
  return `(${now} or 0 * ${before}) - (${before} or 0 * ${now})`;
}

/** By line, the share of packets that the sending end's node counted and the receiving end's did not. */
export function lossPerSecond(view: View, count: number): string {
  const sent = perSecond(view, 'sent_packets');
  const received = perSecond(view, 'received_packets');
  return `clamp_min((${sent} - ${received}) / (${sent} > 0), 0) and ${topLines(view, 'sent_packets', count)}`;
}

/** By line over the whole range, the share lost on the way; for instant queries. */
export function lossOverRange(view: View, count: number): string {
  const sent = overRange(view, 'sent_packets');
  return `topk(${count}, clamp_min((${sent} - ${overRange(view, 'received_packets')}) / (${sent} > 0), 0) > 0)`;
}

/** Lines of zero would only fill the legend. */
function topLines(view: View, measure: Quantity, count: number): string {
  return `topk(${count}, ${sumBy(view, seriesOf(view, measure, 'increase', '[$__range] @ end()'))} > 0)`;
}

function sumBy(view: View, what: string): string {
  return `sum by (${Object.keys(view.labels).join(', ')}) (${what})`;
}

/** `or` keeps a series that two matchers select only once. */
function seriesOf(view: View, measure: Quantity, rise: 'rate' | 'increase', window: string): string {
  const metric = `weir_flow_${view.grouping}_${measure}_total`;
  return view.matchers
    .map((matcher) => [matcher, view.also].filter(Boolean).join(', '))
    .map((matchers) => `${rise}(${metric}{${matchers}}${window})`)
    .join(' or ');
}

/**
 * The biggest pairs as edges of a graph. A table query turns the labels `id`, `source` and `target` into the
 * string fields that Grafana's node graph requires.
 */
export function edgesOverRange(view: View, measure: Quantity, count: number): string {
  const labels = Object.keys(view.labels);
  const half = labels.length / 2;
  const from = endName(topOverRange(view, measure, count), 'source', labels.slice(0, half));
  const both = endName(from, 'target', labels.slice(half));
  return `label_join(${both}, "id", " → ", "source", "target")`;
}

/** namespace/workload, or the name alone without a namespace. */
function endName(promql: string, end: string, labels: string[]): string {
  const names = labels.map((label) => `"${label}"`).join(', ');
  return `label_replace(label_join(${promql}, "${end}", "/", ${names}), "${end}", "$1", "${end}", "/(.*)")`;
}
