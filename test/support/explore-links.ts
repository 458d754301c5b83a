import type { DashboardLink } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboards, panelsOf, type Target } from './dashboards.ts';

/** Links of all panels' series and table columns. */
export const dataLinks: readonly DashboardLink[] = dashboards
  .flatMap(({ json }) => panelsOf(json))
  .flatMap(({ fieldConfig }) => [
    ...(fieldConfig?.defaults.links ?? []),
    ...(fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
      properties.filter(({ id }) => id === 'links').flatMap(({ value }) => value),
    ),
  ]);

/** What Explore shows when a link leads there. */
export interface ExplorePane {
  readonly datasource: string;
  readonly queries: readonly Target[];
  readonly range: { readonly from: string; readonly to: string };
}

const isExplore = ({ url }: DashboardLink): boolean => url!.startsWith('/explore?');

/**
 * The panes that links to Explore open, as Grafana reads them from the address.
 * @param labels of the clicked series or row
 */
export const explorePanes = (
  labels: Readonly<Record<string, string>>,
): { title: string; pane: ExplorePane }[] =>
  dataLinks.filter(isExplore).map(({ title, url }) => {
    const opened = url!.replace(
      /\$\{(?:__(?:field\.labels|data\.fields)\.(\w+):percentencode|(\w+))\}/g,
      (_, label, variable) => (label === undefined ? variable : encodeURIComponent(labels[label] ?? '')),
    );
    const panes = new URL(opened, 'http://grafana').searchParams.get('panes')!;
    return { title: title!, pane: JSON.parse(panes).flows };
  });
