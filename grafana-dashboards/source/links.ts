import {
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as logql from './logql.ts';
import * as logsql from './logsql.ts';
import { uidOf } from './uid.ts';
import { logSource, variableNames, victoriaLogsSource } from './variables.ts';

/** The tag of all Weir dashboards; the menu on each lists dashboards with it. */
export const tag = 'weir';

/** The menu of the other dashboards; it keeps time and variables. */
export function makeMenu(): { build(): DashboardLink } {
  const link = new DashboardLinkBuilder('Weir')
    .type(DashboardLinkType.Dashboards)
    .tags([tag])
    .asDropdown(true)
    .icon('external link')
    .tooltip('The other dashboards, with the same time range and variables')
    .includeVars(true)
    .keepTime(true)
    .targetBlank(false);
  return { build: () => inSight(link.build()) };
}

/** Removes the placement: with it, the SDK puts links and marks into a separate menu. */
export function inSight<T extends { placement?: unknown }>(shown: T): Omit<T, 'placement'> {
  const { placement: _, ...others } = shown;
  return others;
}

/** The place of a data link: on a series, whose labels it can use, or on a table's row. */
type Place = 'series' | 'row';

/**
 * Where a line's link leads: its workloads to Pod-to-Pod, its nodes to Node Throughput. It uses only labels
 * that every line has. (A missing namespace would stay a placeholder in the address.)
 */
export function drillDown(labels: readonly string[], place: Place): DashboardLink[] {
  const hasLabel = (label: string) => labels.includes(label);
  if (hasLabel('source_workload') && hasLabel('destination_workload')) {
    return [
      linkTo('pod-to-pod', 'These two', place, { workload: 'source_workload', peer: 'destination_workload' }),
      linkTo('denied', 'What is denied between them', place, {
        workload: 'source_workload',
        peer: 'destination_workload',
      }),
      linkTo('flow-records', 'Their single flows', place, {
        workload: 'source_workload',
        peer: 'destination_workload',
      }),
      ...toLines('Their lines', place, 'source_workload', 'destination_workload'),
    ];
  }
  for (const workload of ['source_workload', 'destination_workload', 'workload']) {
    if (hasLabel(workload))
      return [linkTo('pod-to-pod', 'This workload', place, { workload, peer: undefined })];
  }
  if (hasLabel('source_node'))
    return [linkTo('node-throughput', 'The first node', place, { node: 'source_node' })];
  if (hasLabel('node')) return [linkTo('node-throughput', 'This node', place, { node: 'node' })];
  return [];
}

/** All but `pod`, which only the Pods' grouping has. */
const kept = variableNames.filter((name) => name !== 'pod');

/** @param set variable -> the label that gives its value; undefined for all */
function linkTo(
  dashboard: string,
  title: string,
  place: Place,
  set: Readonly<Record<string, string | undefined>>,
): DashboardLink {
  const parameters = [
    inUrl('__url_time_range'),
    ...kept.filter((name) => !(name in set)).map((name) => inUrl(`${name}:queryparam`)),
    ...Object.entries(set).map(
      ([name, label]) => `var-${name}=${label === undefined ? '$__all' : labelValue(label, place)}`,
    ),
  ];
  // the SDK's type is that of a dashboard's link; in a field's link, Grafana reads these
  return { title, url: `/d/${uidOf(dashboard)}?${parameters.join('&')}` } as DashboardLink;
}

/**
 * Links to all logged lines between two workloads, in Explore. A link has one query, so each server has its
 * own link, in its language.
 */
const toLines = (title: string, place: Place, one: string, other: string): DashboardLink[] => {
  const ends = [labelValue(one, place), labelValue(other, place)] as const;
  return [
    toExplore(`${title} in Loki`, logSource, { expr: logql.linesBetween(...ends), queryType: 'range' }),
    toExplore(`${title} in VictoriaLogs`, victoriaLogsSource, {
      expr: logsql.linesBetween(...ends),
      queryType: 'instant',
    }),
  ];
};

function toExplore(title: string, { type, uid }: typeof logSource, query: object): DashboardLink {
  const chosen = inUrl(uid.slice(1));
  const pane = {
    datasource: chosen,
    queries: [{ refId: 'A', datasource: { type, uid: chosen }, ...query }],
    range: { from: inUrl('__from'), to: inUrl('__to') },
  };
  return {
    title,
    url: `/explore?schemaVersion=1&panes=${encodeText(JSON.stringify({ flows: pane }))}`,
  } as DashboardLink;
}

/** Encodes text for an address, except what Grafana inserts. */
const encodeText = (text: string): string =>
  text
    .split(/(\$\{[^}]*\})/)
    .map((part, at) => (at % 2 === 1 ? part : encodeURIComponent(part)))
    .join('');

const labelValue = (label: string, place: Place): string =>
  inUrl(`__${place === 'series' ? 'field.labels' : 'data.fields'}.${label}:percentencode`);

/** Link to the page with an alert's meaning and remedy. */
export function openRunbook(url: string): DashboardLink {
  return inSight(
    new DashboardLinkBuilder('Runbook').type(DashboardLinkType.Link).url(url).targetBlank(true).build(),
  );
}

/** A variable that Grafana inserts when the link is opened. */
function inUrl(variable: string): string {
  return `\${${variable}}`;
}
