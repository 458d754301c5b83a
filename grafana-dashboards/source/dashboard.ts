import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { annotations } from './annotations.ts';
import { menu, tag } from './links.ts';
import { uidOf } from './uid.ts';
import { variableNames, variables } from './variables.ts';

/** A heading with its panels in reading order; each line of panels is 24 wide. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
  /** Folded away, and not asked for, until it is opened. */
  readonly isFolded?: boolean;
}

/** A dashboard: a list of rows. */
export interface Page {
  /** Of its file; its uid comes from it. */
  readonly name: string;
  readonly title: string;
  /** What it answers, and which groupings it needs. */
  readonly description: string;
  readonly rows: readonly Row[];
  /** Where it begins; an hour ago if nothing is said. */
  readonly from?: string;
}

/** What is the same on all of them: id, time, variables, links, annotations, places on the grid. */
export function render(page: Page): Dashboard {
  const builder = new DashboardBuilder(`Weir / ${page.title}`)
    .uid(uidOf(page.name))
    .description(page.description)
    .tags([tag])
    .timezone('browser')
    .editable()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: page.from ?? 'now-1h', to: 'now' })
    .refresh('1m')
    .variables(variables(usedVariables(page)))
    .links([menu()])
    .annotations(annotations());
  let id = 0;
  // the builder writes the place into what it is given
  const numbered = (panel: Panel) => ({
    build: () => ({ ...panel, gridPos: { ...panel.gridPos! }, id: ++id }),
  });
  for (const { title, panels, isFolded } of page.rows) {
    const row = new RowBuilder(title).id(++id).collapsed(isFolded ?? false);
    if (isFolded) {
      for (const panel of panels) row.withPanel(numbered(panel));
      builder.withRow(row);
    } else {
      builder.withRow(row);
      for (const panel of panels) builder.withPanel(numbered(panel));
    }
  }
  return builder.build();
}

/** Variables that queries name; what only links or marks name is carried, not shown. */
function usedVariables({ rows }: Page): Set<string> {
  const queries = JSON.stringify(rows.flatMap(({ panels }) => panels.map(({ targets }) => targets)));
  return new Set(variableNames.filter((name) => new RegExp(`\\$\\{?${name}\\b`).test(queries)));
}
