/*
 * Matchers for the processes that the variables choose. A process without a cluster label matches every
 * cluster.
 */

export const own = 'cluster=~"$cluster|"';
export const agents = `${own}, node=~"$node"`;
/** Names of Prometheus's jobs in the examples, which the alert rules expect. */
export const jobs = 'job=~"weir-agent|weir-aggregator"';

export function rateOf(metric: string, matchers = own): string {
  return `rate(${metric}{${matchers}}[$__rate_interval])`;
}

export function increaseOf(metric: string, matchers = own): string {
  return `increase(${metric}{${matchers}}[$__range])`;
}
