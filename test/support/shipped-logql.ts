import { dashboardLogQueries } from './dashboard-queries.ts';
import { queriesOfFilters } from './shipped-logql-filters.ts';
import { pages, queriesOfPage } from './shipped-logql-pages.ts';
import { lokiRules } from './shipped-logql-rules.ts';

/** A query or rule that users get. */
export interface ShippedLogql {
  /** Its unique place. */
  readonly name: string;
  /** In LogQL, with the variables of dashboards filled in. `weir logql` has several, one for each value. */
  readonly queries: readonly string[];
  /** The text that a Loki proves: the queries, and for a rule all that the ruler evaluates. */
  readonly proved: string;
}

/** All shipped LogQL, sorted by name: of pages, rules and dashboards, and what `weir logql` writes. */
export function shippedLogql(): ShippedLogql[] {
  const asked = [
    ...pages.flatMap((path) =>
      [...queriesOfPage(path)].map(([heading, query]) => [`${path}: ${heading}`, [query]] as const),
    ),
    ...dashboardLogQueries().map(({ where, logql }) => [`grafana-dashboards: ${where}`, [logql]] as const),
    ...[...queriesOfFilters()].map(([words, queries]) => [`weir logql ${words}`, queries] as const),
  ];
  return [
    ...asked.map(([name, queries]) => ({ name, queries, proved: queries.join('\n\n') })),
    ...lokiRules().map(({ name, expr, evaluated }) => ({ name, queries: [expr], proved: evaluated })),
  ].sort((one, other) => (one.name < other.name ? -1 : 1));
}
