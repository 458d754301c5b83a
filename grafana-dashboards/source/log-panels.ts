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
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/loki';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import type { LineRates, LineSums, Lines } from './signals/lines.ts';
import { logSource } from './variables.ts';

/*
 * How lines and their sums are drawn. A panel's width is out of 24.
 */

/** What all panel builders of the SDK have in common. */
interface Common {
  title(title: string): this;
  description(text: string): this;
  datasource(ref: typeof logSource): this;
  span(width: number): this;
  height(rows: number): this;
  noValue(text: string): this;
}

function framed<B extends Common>(
  builder: B,
  { title, description }: Lines,
  width: number,
  height: number,
): B {
  return builder
    .title(title)
    .description(description)
    .datasource(logSource)
    .span(width)
    .height(height)
    .noValue('None, or the aggregator has no Loki among its sinks');
}

function query(logql: string, type: 'range' | 'instant'): DataqueryBuilder {
  return new DataqueryBuilder().refId('A').datasource(logSource).expr(logql).queryType(type);
}

/** The lines themselves. */
export function logLines(shown: Lines, width: number, height = 14): Panel {
  return framed(new logs.PanelBuilder(), shown, width, height)
    .targets([query(shown.logql, 'range').maxLines(500)])
    .unit('none')
    .showTime(true)
    .showLabels(false)
    .wrapLogMessage(false)
    .enableLogDetails(true)
    .sortOrder(LogsSortOrder.Descending)
    .dedupStrategy(LogsDedupStrategy.None)
    .build();
}

/** Bars over time, on top of each other. */
export function logGraph(shown: LineRates, width: number, height = 8): Panel {
  return framed(new timeseries.PanelBuilder(), shown, width, height)
    .targets([query(shown.logql, 'range').legendFormat(shown.legend)])
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

/** A row for each sum. Loki's answer is a frame a series, whose labels become columns. */
export function logList(shown: LineSums, width: number, height = 10): Panel {
  const { labels, heading } = shown;
  const names = Object.keys(labels);
  const builder = framed(new table.PanelBuilder(), shown, width, height)
    .targets([query(shown.logql, 'instant')])
    .unit(shown.unit)
    .withTransformation({ id: 'labelsToFields', options: { mode: 'columns' } })
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
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
