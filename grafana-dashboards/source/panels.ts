import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingMode,
  TableCellDisplayMode,
  TooltipDisplayMode,
  VisibilityMode,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DashboardLink,
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as nodegraph from '@grafana/grafana-foundation-sdk/nodegraph';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as text from '@grafana/grafana-foundation-sdk/text';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { drillDown } from './links.ts';
import { type Graph, type Line, type Listing, others, type Signal, threshold } from './signal.ts';
import { datasource } from './variables.ts';

/* Draws signals. A panel's width is out of 24; the dashboard places it on the grid. */

/** What all panel builders of the SDK share. */
interface Common {
  title(title: string): this;
  description(text: string): this;
  datasource(ref: typeof datasource): this;
  span(width: number): this;
  height(rows: number): this;
  noValue(text: string): this;
}

interface Shown {
  readonly title: string;
  readonly description: string;
  readonly needs?: string;
}

function withFrame<B extends Common>(builder: B, shown: Shown, width: number, height: number): B {
  const { title, description, needs } = shown;
  const where = 'metrics.groupings of the aggregator';
  return builder
    .title(title)
    .description(
      needs === undefined ? description : `${description} Needs the grouping "${needs}" in ${where}.`,
    )
    .datasource(datasource)
    .span(width)
    .height(height)
    .noValue(needs === undefined ? 'None' : `None, or the grouping "${needs}" is not in ${where}`);
}

function queryOf({ promql, legend, isInstant }: Line, index: number): DataqueryBuilder {
  const builder = new DataqueryBuilder()
    .refId(refId(index))
    .datasource(datasource)
    .expr(promql)
    .legendFormat(legend)
    .format(PromQueryFormat.TimeSeries);
  return isInstant ? builder.instant() : builder.range();
}

const refId = (index: number) => String.fromCharCode(65 + index);

const labelsIn = (legend: string) => [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);

export interface GraphLook {
  readonly height?: number;
  readonly isStacked?: boolean;
  /** Lines across the graph, each at the start of a bad range. */
  readonly thresholds?: readonly Threshold[];
  readonly max?: number;
  /** Values may be below zero. */
  readonly isSigned?: boolean;
  /** In the panel's corner. */
  readonly links?: readonly DashboardLink[];
}

/** Lines over time, with a legend that ranks them by their last value. */
export function graphPanel(signal: Signal, width: number, look: GraphLook = {}): Panel {
  const builder = withFrame(new timeseries.PanelBuilder(), signal, width, look.height ?? 8)
    .targets(signal.lines.map(queryOf))
    .unit(signal.unit)
    .lineWidth(1)
    .fillOpacity(look.isStacked ? 30 : 8)
    .showPoints(VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .calcs(['lastNotNull', 'max'])
        .sortBy('Last *')
        .sortDesc(true),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(TooltipDisplayMode.Multi)
        .sort(SortOrder.Descending)
        .hideZeros(true),
    )
    .dataLinks(drillDown(labelsIn(signal.lines[0]?.legend ?? ''), 'series').map(builderOf));
  if (!look.isSigned) builder.min(0);
  for (const [index, { legend }] of signal.lines.entries()) {
    if (legend === others) builder.overrideByQuery(refId(index), [{ id: 'links', value: [] }, grey]);
    if (legend.startsWith(threshold)) builder.overrideByQuery(refId(index), dashedRed);
  }
  if (look.isStacked) builder.stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal));
  if (look.max !== undefined) builder.max(look.max);
  if (look.links !== undefined) builder.links(look.links.map(builderOf));
  if (look.thresholds !== undefined) {
    builder
      .thresholds(stepsOf(look.thresholds))
      .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  return builder.build();
}

export interface StatLook {
  /** The number is coloured above them, from the lowest up; without, it is plain. */
  readonly thresholds?: readonly Threshold[];
  readonly mappings?: readonly ValueMapping[];
  readonly height?: number;
}

/** One number, with its history behind it if there is one. */
export function numberPanel(signal: Signal, width: number, look: StatLook = {}): Panel {
  const isInstant = signal.lines.every((line) => line.isInstant);
  return withFrame(new stat.PanelBuilder(), signal, width, look.height ?? 4)
    .targets(signal.lines.map(queryOf))
    .unit(signal.unit)
    .thresholds(stepsOf(look.thresholds ?? [{ value: null, color: 'text' }]))
    .mappings([...(look.mappings ?? [])])
    .colorMode(BigValueColorMode.Value)
    .graphMode(isInstant ? BigValueGraphMode.None : BigValueGraphMode.Area)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
    .build();
}

/** A listing as a table: a row for each object, a bar in the column that ranks. */
export function listPanel(listing: Listing, width: number, height = 12): Panel {
  const { labels, columns } = listing;
  const names = Object.keys(labels);
  // with one query that answers, Grafana names its column Value, with several Value #A, Value #B …
  const renamed = Object.fromEntries([
    ...Object.entries(labels),
    ...columns.map(({ heading }, index) => [`Value #${refId(index)}`, heading]),
    ['Value', columns[0]!.heading],
  ]);
  const builder = withFrame(new table.PanelBuilder(), listing, width, height)
    .targets(
      columns.map(({ promql }, index) =>
        queryOf({ promql, legend: '', isInstant: true }, index).format(PromQueryFormat.Table),
      ),
    )
    .unit(columns[0]!.unit)
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(
          [...names, ...columns.map((_, index) => `Value #${refId(index)}`)].map((name, at) => [name, at]),
        ),
        renameByName: renamed,
      },
    })
    .filterable(true)
    .sortBy([
      new common.TableSortByFieldStateBuilder().displayName(columns[0]!.heading).desc(!listing.isRising),
    ]);
  const links = listing.isMixed ? [] : drillDown(names, 'row');
  for (const name of names) {
    builder.overrideByName(labels[name]!, [
      asText,
      wholeHeading,
      name === 'alertname' ? widthProperty(220) : narrow,
      noCell,
      ...(links.length > 0 ? [{ id: 'links', value: links }] : []),
    ]);
  }
  for (const { heading, unit, isBar } of columns) {
    const cell = { type: TableCellDisplayMode.Gauge, mode: BarGaugeDisplayMode.Basic };
    builder.overrideByName(heading, [
      { id: 'unit', value: unit },
      wholeHeading,
      isBar ? widthProperty(120) : narrow,
      noCell,
      ...(isBar ? [{ id: 'custom.cellOptions', value: cell }, { id: 'min', value: 0 }, barColor] : []),
    ]);
  }
  return builder.build();
}

/** For series that combine several objects, so that no link leads on from them. */
const grey = { id: 'color', value: { mode: 'fixed', fixedColor: 'gray' } };

const dashedRed = [
  { id: 'links', value: [] },
  { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [10, 10] } },
  { id: 'custom.lineWidth', value: 2 },
  { id: 'custom.fillOpacity', value: 0 },
];

/** Without this, a name of digits, such as a port, would be formatted like a number. */
const asText = { id: 'unit', value: 'string' };

/** The content of a cell without a value; without it, each would show the text for a panel without data. */
const noCell = { id: 'noValue', value: '–' };

/**
 * In pixels. Columns share the room; Grafana's default minimum of 150 would push the last ones out of sight.
 */
const narrow = { id: 'custom.minWidth', value: 60 };
const widthProperty = (width: number) => ({ id: 'custom.width', value: width });

/** Two lines instead of the first letters; Grafana before 12 cuts the heading off. */
const wholeHeading = { id: 'custom.wrapHeaderText', value: true };

const barColor = { id: 'color', value: { mode: 'continuous-blues' } };

/** Pairs as Grafana's node graph; without a frame of nodes it derives them from the ends of the edges. */
export function picturePanel(shown: Graph, width: number, height = 12): Panel {
  const bytes = new nodegraph.EdgeOptionsBuilder().mainStatUnit('MB');
  return (
    withFrame(new nodegraph.PanelBuilder(), shown, width, height)
      .targets([
        new DataqueryBuilder()
          .refId('edges')
          .datasource(datasource)
          .expr(shown.promql)
          .instant()
          .format(PromQueryFormat.Table),
      ])
      .unit('MB')
      .decimals(1)
      // a renamed field keeps its original name, which the node graph reads; a computed one gets a new name
      .withTransformation({
        id: 'calculateField',
        options: {
          mode: 'binary',
          alias: 'mainstat',
          timeSeries: false,
          binary: {
            left: { matcher: { id: 'byName', options: 'Value' } },
            operator: '/',
            right: { fixed: '1000000' },
          },
        },
      })
      .nodes(new nodegraph.NodeOptionsBuilder().mainStatUnit('MB'))
      .edges(bytes)
      .build()
  );
}

/** Time across, a row for each line, the value as colour. */
export function heatPanel(signal: Signal, width: number, height = 10): Panel {
  return withFrame(new heatmap.PanelBuilder(), signal, width, height)
    .targets(signal.lines.map(queryOf))
    .unit(signal.unit)
    .calculate(false)
    .rowsFrame(new heatmap.RowsHeatmapOptionsBuilder().layout(common.HeatmapCellLayout.Auto).value('Value'))
    .cellValues(new heatmap.CellValuesBuilder().unit(signal.unit))
    .cellGap(1)
    .showValue(VisibilityMode.Never)
    .color(
      new heatmap.HeatmapColorOptionsBuilder()
        .mode(heatmap.HeatmapColorMode.Scheme)
        .scheme('Oranges')
        .fill('dark-orange')
        .scale(heatmap.HeatmapColorScale.Exponential)
        .exponent(0.5)
        .steps(64),
    )
    .tooltip(new heatmap.HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).showColorScale(true))
    .showLegend()
    .build();
}

/** How long each object was in which state. */
export function statesPanel(
  signal: Signal,
  width: number,
  mappings: readonly ValueMapping[],
  height = 8,
): Panel {
  return withFrame(new statetimeline.PanelBuilder(), signal, width, height)
    .targets(signal.lines.map(queryOf))
    .unit(signal.unit)
    .mappings([...mappings])
    .mergeValues(true)
    .showValue(VisibilityMode.Never)
    .rowHeight(0.8)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single))
    .dataLinks(drillDown(labelsIn(signal.lines[0]?.legend ?? ''), 'series').map(builderOf))
    .build();
}

/** Text for the reader, in Markdown. */
export function notePanel(title: string, content: string, width: number, height: number): Panel {
  return new text.PanelBuilder()
    .title(title)
    .description('Notes on the panels beside it.')
    .span(width)
    .height(height)
    .mode(text.TextMode.Markdown)
    .content(content)
    .build();
}

function stepsOf(thresholds: readonly Threshold[]): ThresholdsConfigBuilder {
  const lowest = thresholds[0]?.value === null ? [] : [{ value: null, color: 'green' }];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...lowest, ...thresholds]);
}

const builderOf = (link: DashboardLink) => ({ build: () => link });
