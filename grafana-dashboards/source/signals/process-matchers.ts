/*
 * Which processes the chosen variables mean. One whose metrics carry no cluster is shown whichever cluster is
 * chosen.
 */

export const own = 'cluster=~"$cluster|"';
export const agents = `${own}, node=~"$node"`;
/** As the examples name Prometheus' jobs, and the alert rules expect. */
export const jobs = 'job=~"weir-agent|weir-aggregator"';

export function rate(metric: string, matchers = own): string {
  return `rate(${metric}{${matchers}}[$__rate_interval])`;
}

export function increase(metric: string, matchers = own): string {
  return `increase(${metric}{${matchers}}[$__range])`;
}
