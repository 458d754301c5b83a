import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type {
  Dashboard,
  DataTransformerConfig,
  Panel,
  RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard';

const folder = join(import.meta.dirname, '../../grafana-dashboards');

/** The committed dashboards, by file name without extension. */
export const dashboards: readonly { readonly name: string; readonly json: Dashboard }[] = globSync('*.json', {
  cwd: folder,
})
  .sort()
  .map((file) => ({
    name: basename(file, '.json'),
    json: JSON.parse(readFileSync(join(folder, file), 'utf8')),
  }));

/** A query as Grafana stores it, for Prometheus or, with a `queryType`, for a log server. */
export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly instant?: boolean;
  readonly range?: boolean;
  readonly format?: string;
  readonly queryType?: 'range' | 'instant' | 'stats' | 'statsRange';
  readonly legendFormat?: string;
  readonly datasource?: { readonly type?: string; readonly uid?: string };
}

export type ShownPanel = Omit<Panel, 'targets' | 'transformations'> & {
  readonly targets?: readonly Target[];
  readonly transformations?: readonly DataTransformerConfig[];
};

type Asking = Pick<Target, 'datasource'>;

export const asksLoki = ({ datasource }: Asking): boolean => datasource?.type === 'loki';

export const asksVictoriaLogs = ({ datasource }: Asking): boolean =>
  datasource?.type === 'victoriametrics-logs-datasource';

export const asksForLines = (asking: Asking): boolean => asksLoki(asking) || asksVictoriaLogs(asking);

export const isRow = (panel: Panel | RowPanel): panel is RowPanel => panel.type === 'row';

/** All panels of a dashboard, also in folded rows; not the rows themselves. */
export function panelsOf({ panels = [] }: Dashboard): ShownPanel[] {
  return panels.flatMap((panel) => (isRow(panel) ? panel.panels : [panel])).map(shown);
}

/** Sections of a dashboard: a row with its panels, opened or folded. */
export function sectionsOf({ panels = [] }: Dashboard): { row: RowPanel; panels: ShownPanel[] }[] {
  const sections: { row: RowPanel; panels: ShownPanel[] }[] = [];
  for (const panel of panels) {
    if (isRow(panel)) sections.push({ row: panel, panels: panel.panels.map(shown) });
    else sections.at(-1)!.panels.push(shown(panel));
  }
  return sections;
}

/** The SDK's type of a target lacks Prometheus's properties. */
function shown(panel: Panel): ShownPanel {
  return panel as unknown as ShownPanel;
}
