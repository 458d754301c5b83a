interface EmptyQuery {
  readonly where: RegExp;
  readonly reason: string;
  /** On a busy machine the run takes longer and a scrape may fail, and both fill it. */
  readonly isFilledBySlowness?: true;
}

/**
 * Queries of dashboards, by their place, that return nothing when all has run for little more than a minute,
 * with the reason.
 */
export const emptyQueries: readonly EmptyQuery[] = [
  { where: / \/ Roll-outs \/ /, reason: 'kube-state-metrics tells of Deployments, and there is none' },
  {
    where: /(Link|Conntrack)SaturationPredicted, condition (?!(9|18|20) )\d+ of 21 \/ A/,
    reason: 'compares with earlier hours and weeks',
    isFilledBySlowness: true,
  },
  { where: /Pinned, condition [3456] of 6 \/ A/, reason: 'compares with the day before' },
  { where: /Quiet, condition [2456] of 7 \/ A/, reason: 'compares with the weeks before' },
  { where: /Silent, condition [45] of 6 \/ A/, reason: 'compares with the week before' },
  {
    where: /Weir(ResetSurge, condition [34] of 4|UnansweredSurge, condition [35] of 5) \/ A/,
    reason: 'compares with the day before',
  },
  {
    where: /Weir(Agent|Aggregator)Absent \/ A/,
    reason: 'shows what is away, and nothing is',
    isFilledBySlowness: true,
  },
  { where: /Lost before the collector \/ B/, reason: 'shows lost NetFlow, and nothing sends it' },
  { where: /Agents that are blind \/ A/, reason: 'shows agents that are blind, and none is' },
  {
    where: /Dropped packets and errors on links/,
    reason: 'shows links that drop, which those between namespaces do not',
  },
];
