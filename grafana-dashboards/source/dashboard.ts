import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { makeAnnotations } from './annotations.ts';
import { makeMenu, tag } from './links.ts';
import { uidOf } from './uid.ts';
import { variableNames, variablesOf } from './variables.ts';

/** A heading with its panels in reading order; each line of panels is 24 wide. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
  /** Folded, and not queried until it is opened. */
  readonly isFolded?: boolean;
}

/** A dashboard: a list of rows. */
export interface Page {
  /** The name of its file, which also gives its uid. */
  readonly name: string;
  readonly title: string;
  /** The questions that it answers, and the groupings that it needs. */
  readonly description: string;
  readonly rows: readonly Row[];
  /** The start of its range; default an hour ago. */
  readonly from?: string;
}

/** What all dashboards share: id, time, variables, links, annotations, places on the grid. */
export function renderPage(page: Page): Dashboard {
  const builder = new DashboardBuilder(`Weir / ${page.title}`)
    .uid(uidOf(page.name))
    .description(page.description)
    .tags([tag])
    .timezone('browser')
    .editable()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: page.from ?? 'now-1h', to: 'now' })
    .refresh('1m')
    .variables(variablesOf(usedVariables(page)))
    .links([makeMenu()])
    .annotations(makeAnnotations());
  let id = 0;
  // the builder writes the place into its argument
  const withNumber = (panel: Panel) => ({
    build: () => ({ ...panel, gridPos: { ...panel.gridPos! }, id: ++id }),
  });
  for (const { title, panels, isFolded } of page.rows) {
    const row = new RowBuilder(title).id(++id).collapsed(isFolded ?? false);
    if (isFolded) {
      for (const panel of panels) row.withPanel(withNumber(panel));
      builder.withRow(row);
    } else {
      builder.withRow(row);
      for (const panel of panels) builder.withPanel(withNumber(panel));
    }
  }
  return builder.build();
}

/** Variables that queries name. Those that only links or marks name are carried but hidden. */
function usedVariables({ rows }: Page): Set<string> {
  const queries = JSON.stringify(rows.flatMap(({ panels }) => panels.map(({ targets }) => targets)));
  return new Set(variableNames.filter((name) => new RegExp(`\\$\\{?${name}\\b`).test(queries)));
}
