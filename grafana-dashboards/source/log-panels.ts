import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  LegendDisplayMode,
  LegendPlacement,
  LogsDedupStrategy,
  LogsSortOrder,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
} from '@grafana/grafana-foundation-sdk/common';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import * as logs from '@grafana/grafana-foundation-sdk/logs';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import type { Row } from './dashboard.ts';
import { type LogServer, logServers } from './log-servers.ts';
import type { LineRates, LineSums, Lines } from './signals/lines.ts';

/* Draws lines and their sums. A panel's width is out of 24. */

/** Draws panels that query one server. */
export interface LogPanels {
  lines(shown: Lines, width: number, height?: number): Panel;
  graph(shown: LineRates, width: number, height?: number): Panel;
  list(shown: LineSums, width: number, height?: number): Panel;
}

/**
 * The same panels for each server, in separate rows. A panel has its query in one language. Grafana 12 can
 * neither choose between two nor hide a row by a variable. Only the second version of its schema can, which
 * is not on everywhere. A folded row makes no query, so the row of a missing server does no harm.
 */
export const logRows = (title: string, panels: (on: LogPanels) => readonly Panel[]): Row[] =>
  logServers.map((server) => ({
    title: `${title} (needs ${server.title})`,
    isFolded: true,
    panels: panels({
      lines: (shown, width, height = 14) => logLines(server, shown, width, height),
      graph: (shown, width, height = 8) => logGraph(server, shown, width, height),
      list: (shown, width, height = 10) => logList(server, shown, width, height),
    }),
  }));

/** What all panel builders of the SDK share. */
interface Common {
  title(title: string): this;
  description(text: string): this;
  datasource(ref: LogServer['source']): this;
  span(width: number): this;
  height(rows: number): this;
  noValue(text: string): this;
}

function withFrame<B extends Common>(
  builder: B,
  { title, source }: LogServer,
  shown: Lines,
  needs: string,
  [width, height]: readonly [number, number],
): B {
  return builder
    .title(shown.title)
    .description(`${shown.description} ${needs}`)
    .datasource(source)
    .span(width)
    .height(height)
    .noValue(`None, or the aggregator has no ${title} among its sinks`);
}

/** The lines themselves. */
function logLines(server: LogServer, shown: Lines, width: number, height: number): Panel {
  return withFrame(new logs.PanelBuilder(), server, shown, server.needs, [width, height])
    .targets([server.lines(shown.query, 500)])
    .unit('none')
    .showTime(true)
    .showLabels(false)
    .wrapLogMessage(false)
    .enableLogDetails(true)
    .sortOrder(LogsSortOrder.Descending)
    .dedupStrategy(LogsDedupStrategy.None)
    .build();
}

/** Stacked bars over time. */
function logGraph(server: LogServer, shown: LineRates, width: number, height: number): Panel {
  return withFrame(new timeseries.PanelBuilder(), server, shown, server.needs, [width, height])
    .targets([server.sumsOverTime(shown.query, shown.legend)])
    .unit(shown.unit)
    .min(0)
    .drawStyle(common.GraphDrawStyle.Bars)
    .fillOpacity(60)
    .lineWidth(0)
    .showPoints(VisibilityMode.Never)
    .stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal))
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(TooltipDisplayMode.Multi)
        .sort(SortOrder.Descending)
        .hideZeros(true),
    )
    .build();
}

/**
 * A row for each sum. Loki answers with a frame for each series, whose labels become columns; VictoriaLogs
 * answers with columns.
 */
function logList(server: LogServer, shown: LineSums, width: number, height: number): Panel {
  const { labels, heading } = shown;
  const names = Object.keys(labels);
  const builder = withFrame(new table.PanelBuilder(), server, shown, server.needsForSums, [width, height])
    .targets([server.sums(shown.query)])
    .unit(shown.unit)
    .withTransformation({ id: 'labelsToFields', options: { mode: 'columns' } })
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true, ...server.alsoAnswers },
        indexByName: Object.fromEntries([...names, 'Value #A'].map((name, at) => [name, at])),
        renameByName: { ...labels, 'Value #A': heading, Value: heading },
      },
    })
    .filterable(true)
    .sortBy([new common.TableSortByFieldStateBuilder().displayName(heading).desc(true)]);
  for (const name of names) {
    builder.overrideByName(labels[name]!, [
      { id: 'unit', value: 'string' },
      { id: 'noValue', value: '–' },
    ]);
  }
  builder.overrideByName(heading, [{ id: 'unit', value: shown.unit }]);
  return builder.build();
}
