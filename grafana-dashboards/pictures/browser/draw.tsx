import { type DataFrame, dateTime, FieldType, reduceField, ThemeContext } from '@grafana/data';
import { BigValue, BigValueColorMode, BigValueGraphMode, BigValueTextMode, TimeSeries } from '@grafana/ui';
import { TableNG as Table } from '@grafana/ui/unstable';
import { createRoot } from 'react-dom/client';
import type { DrawnBlock, DrawnDashboard } from '../drawn-dashboard.ts';
import { framesOf, theme } from './frames.ts';

/* Draws a dashboard on Grafana's grid: 24 columns, cells of 30 pixels with 8 between them. */

/** The types of the theme say that any part may be missing. */
const colors = theme.colors as unknown as Record<'background' | 'border' | 'text', Record<string, string>>;
const cell = 30;
const gap = 8;
const titleHeight = 32;
const padding = 8;
const top = 84;

interface Sized {
  readonly width: number;
  readonly height: number;
}

async function drawDashboard(dashboard: DrawnDashboard, width: number): Promise<void> {
  const frames = await Promise.all(
    dashboard.blocks.map(({ panel, answers }) => (panel.fieldConfig ? framesOf(panel, answers) : [])),
  );
  const bottom = Math.max(...dashboard.blocks.map(({ panel, y }) => y + panel.gridPos!.h));
  const root = document.createElement('div');
  document.body.replaceChildren(root);
  Object.assign(document.body.style, {
    margin: '0',
    background: colors.background.canvas,
    fontFamily: 'Inter, sans-serif',
    fontSize: '14px',
    color: colors.text.primary,
  });
  createRoot(root).render(
    <ThemeContext.Provider value={theme}>
      <div style={{ position: 'relative', width, height: top + bottom * (cell + gap) + gap }}>
        <Heading dashboard={dashboard} />
        {dashboard.blocks.map((block, at) => (
          <Block
            key={block.panel.id}
            block={block}
            frames={frames[at]!}
            dashboard={dashboard}
            width={width}
          />
        ))}
      </div>
    </ThemeContext.Provider>,
  );
}

function Heading({ dashboard }: { dashboard: DrawnDashboard }) {
  const clockText = (time: number) => dateTime(time).utc().format('HH:mm');
  return (
    <div style={{ padding: '12px 16px' }}>
      <div style={{ display: 'flex', justifyContent: 'space-between', fontSize: 18, fontWeight: 500 }}>
        <span>{dashboard.title}</span>
        <span style={{ fontSize: 13, color: colors.text.secondary }}>
          {clockText(dashboard.from)} to {clockText(dashboard.to)} UTC
        </span>
      </div>
      <div style={{ display: 'flex', gap: 16, marginTop: 10, fontSize: 12 }}>
        {dashboard.variables.map(([label, value]) => (
          <span
            key={label}
            style={{
              border: `1px solid ${colors.border.medium}`,
              borderRadius: 2,
              background: colors.background.primary,
            }}
          >
            <span style={{ padding: '3px 8px', fontWeight: 500 }}>{label}</span>
            <span style={{ padding: '3px 8px', color: colors.text.secondary }}>{value}</span>
          </span>
        ))}
      </div>
    </div>
  );
}

function Block({
  block,
  frames,
  dashboard,
  width,
}: {
  block: DrawnBlock;
  frames: DataFrame[];
  dashboard: DrawnDashboard;
  width: number;
}) {
  const { panel, y, folded } = block;
  const { x, w, h } = panel.gridPos!;
  const column = (width - gap) / 24;
  const place = {
    left: gap + x * column,
    top: top + y * (cell + gap),
    width: w * column - gap,
    height: h * (cell + gap) - gap,
  };
  if (panel.type === 'row')
    return (
      <div style={{ position: 'absolute', ...place, lineHeight: '30px', fontWeight: 500 }}>
        {folded === undefined ? '⌄' : '›'} {panel.title}
        {folded !== undefined && (
          <span style={{ color: colors.text.secondary, fontWeight: 400 }}> ({folded} panels)</span>
        )}
      </div>
    );
  const size = { width: place.width - 2 * padding - 2, height: place.height - titleHeight - padding - 2 };
  return (
    <div
      style={{
        position: 'absolute',
        boxSizing: 'border-box',
        overflow: 'hidden',
        background: colors.background.primary,
        border: `1px solid ${colors.border.weak}`,
        borderRadius: 2,
        ...place,
      }}
    >
      <div
        style={{
          height: titleHeight,
          lineHeight: `${titleHeight}px`,
          padding: '0 8px',
          fontWeight: 500,
          whiteSpace: 'nowrap',
          overflow: 'hidden',
          textOverflow: 'ellipsis',
        }}
      >
        {panel.title}
      </div>
      <div style={{ padding: `0 ${padding}px` }}>
        <Content block={block} frames={frames} dashboard={dashboard} size={size} />
      </div>
    </div>
  );
}

function Content({
  block: { panel },
  frames,
  dashboard,
  size,
}: {
  block: DrawnBlock;
  frames: DataFrame[];
  dashboard: DrawnDashboard;
  size: Sized;
}) {
  const options = panel.options as Record<string, never>;
  if (panel.type === 'text')
    return <div style={{ whiteSpace: 'pre-wrap', fontSize: 13 }}>{options.content}</div>;
  if (frames.every(({ length }) => length === 0))
    return <Nothing size={size} text={panel.fieldConfig?.defaults.noValue ?? 'No data'} />;
  if (panel.type === 'timeseries') {
    const timeRange = {
      from: dateTime(dashboard.from),
      to: dateTime(dashboard.to),
      raw: { from: dashboard.from, to: dashboard.to },
    } as never;
    return (
      <TimeSeries {...size} frames={frames} timeRange={timeRange} timeZone="utc" legend={options.legend!} />
    );
  }
  if (panel.type === 'stat') return <Numbers frames={frames} size={size} options={options} />;
  if (panel.type === 'table')
    return (
      <Table
        {...size}
        data={frames[0]!}
        sortBy={options.sortBy!}
        noValue={panel.fieldConfig?.defaults.noValue ?? ''}
      />
    );
  return <Table {...size} data={panel.type === 'nodeGraph' ? edgesOf(frames[0]!) : lastOf(frames)} />;
}

function Nothing({ size, text }: { size: Sized; text: string }) {
  return (
    <div
      style={{
        ...size,
        display: 'flex',
        alignItems: 'center',
        justifyContent: 'center',
        textAlign: 'center',
        color: colors.text.secondary,
      }}
    >
      {text}
    </div>
  );
}

function Numbers({
  frames,
  size,
  options,
}: {
  frames: DataFrame[];
  size: Sized;
  options: Record<string, never>;
}) {
  const width = size.width / frames.length;
  return (
    <div style={{ display: 'flex' }}>
      {frames.map((frame) => {
        const [time, value] = frame.fields;
        const { lastNotNull } = reduceField({ field: value!, reducers: ['lastNotNull'] });
        const sparkline = frame.length > 1 ? { sparkline: { x: time!, y: value! } } : {};
        const title = frames.length > 1 ? { title: frame.name ?? '' } : {};
        return (
          <BigValue
            key={frame.name}
            theme={theme}
            width={width}
            height={size.height}
            value={{ ...value!.display!(lastNotNull), ...title }}
            {...sparkline}
            colorMode={(options.colorMode ?? BigValueColorMode.Value) as BigValueColorMode}
            graphMode={(options.graphMode ?? BigValueGraphMode.Area) as BigValueGraphMode}
            textMode={frames.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Value}
          />
        );
      })}
    </div>
  );
}

/** Of a node graph: what goes from where to where, the most first. */
function edgesOf(frame: DataFrame): DataFrame {
  const named = ['source', 'target', 'mainstat'].map(
    (name) => frame.fields.find((field) => field.name === name)!,
  );
  const order = [...named[2]!.values.keys()].sort((a, b) => named[2]!.values[b] - named[2]!.values[a]);
  return {
    ...frame,
    fields: named.map((field) => ({ ...field, values: order.map((at) => field.values[at]) })),
  };
}

/** Of what has no component here: each line with its last and its highest value. */
function lastOf(frames: DataFrame[]): DataFrame {
  const reduced = frames.map(({ fields: [, value] }) =>
    reduceField({ field: value!, reducers: ['lastNotNull', 'min', 'max'] }),
  );
  const { config, display } = frames[0]!.fields[1]!;
  const numberColumn = (name: string, of: string) => ({
    name,
    type: FieldType.number,
    config: { ...config, displayName: name, displayNameFromDS: name },
    display: display!,
    values: reduced.map((one) => one[of]),
  });
  const text = frames.map(({ name }) => name);
  return {
    length: frames.length,
    fields: [
      {
        name: 'Line',
        type: FieldType.string,
        config: {},
        values: text,
        display: (value) => ({ text: String(value), numeric: Number.NaN }),
      },
      numberColumn('Last', 'lastNotNull'),
      numberColumn('Lowest', 'min'),
      numberColumn('Highest', 'max'),
    ],
  };
}

Object.assign(globalThis, { draw: drawDashboard });
