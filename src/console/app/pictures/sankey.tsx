import { useMemo } from 'preact/hooks';
import { type DimensionName, dimensions, type MeasureName } from '../../../flow/index.ts';
import { measureText } from '../counts/index.ts';
import { ValueColours } from '../groups/index.ts';
import { fittedText, isolatedText, textWidth } from '../names/index.ts';
import { Hatches } from './hatches.tsx';
import { COUNTED_ROOM, Label } from './label.tsx';
import { markAttributes, PictureFrame, type PictureParts } from './picture-frame.tsx';
import { type SankeyNode, sankeyColumns } from './sankey-columns.ts';
import { layOutSankey, NODE_WIDTH, type PlacedNode, type SankeyLayout } from './sankey-layout.ts';

/** Columns of values, and what flows between them. */
export function Sankey({ groups, by, measure, onChoose }: PictureParts) {
  const columns = useMemo(() => sankeyColumns(groups, by), [groups, by]);
  const colours = useMemo(() => ValueColours.ofValues(groups, by), [groups, by]);
  const marks = useMemo(() => [...columns.links, ...columns.nodes], [columns]);
  const colourOf = ({ dimension, value, isRest }: SankeyNode) =>
    dimension === undefined || isRest ? 'rest' : colours.ofValue(dimension, value);
  return (
    <PictureFrame marks={marks} measure={measure} onChoose={onChoose} label={`Sankey of ${measure}`}>
      {(width) => {
        const layout = layOutSankey(columns, width);
        return (
          <svg width={layout.width} height={layout.height} class="sankey">
            <title>Sankey</title>
            <Hatches />
            <ColumnTitles layout={layout} by={by} />
            {layout.links.map(({ link, path, area }, number) => [
              <path
                key={path}
                d={area}
                class={`link ${colourOf(link.source)} ${link.denial}-denied`}
                {...markAttributes(link, number, measure)}
              />,
              link.denial === 'all' && <path key="hatch" d={area} class="area-hatch" />,
              link.denial === 'some' && <path key="dash" d={path} class="link-dash" />,
            ])}
            {layout.nodes.map((placed) => (
              <NodeMark
                key={`${placed.node.column} ${placed.node.isRest} ${JSON.stringify(placed.node.value)}`}
                placed={placed}
                number={marks.indexOf(placed.node)}
                colour={colourOf(placed.node)}
                layout={layout}
                measure={measure}
              />
            ))}
          </svg>
        );
      }}
    </PictureFrame>
  );
}

function ColumnTitles({ layout, by }: { layout: SankeyLayout; by: readonly DimensionName[] }) {
  const { columnXs } = layout;
  return columnXs.map((x, column) => {
    const dimension = by[column - (columnXs.length - by.length)];
    const isFirst = column === 0;
    const title = dimension === undefined ? '' : dimensions[dimension].title;
    const isBetween = !isFirst && column < columnXs.length - 1;
    const room = isBetween ? columnGap(layout) : layout.labelWidth;
    return (
      <text
        key={x}
        class="column-title"
        x={isFirst ? x + NODE_WIDTH : x}
        y={14}
        text-anchor={isFirst ? 'end' : 'start'}
      >
        {fittedText(title, (room + NODE_WIDTH) / BOLD)}
      </text>
    );
  });
}

/** A title is bold, and so much wider than a label. */
const BOLD = 1.15;
/** Pixels. */
const LONGEST_LABEL = 400;

interface NodeMarkParts {
  readonly placed: PlacedNode;
  readonly number: number;
  readonly colour: string;
  readonly layout: SankeyLayout;
  readonly measure: MeasureName;
}

const columnGap = ({ columnXs: [first = 0, second = 0] }: SankeyLayout): number =>
  second - first - NODE_WIDTH;

function NodeMark({ placed, number, colour, layout, measure }: NodeMarkParts) {
  const { node, x, y, height, previousHeight } = placed;
  const isFirst = node.column === 0;
  const isBetween = !isFirst && node.column < layout.columnXs.length - 1;
  const room = (isBetween ? columnGap(layout) : layout.labelWidth) - 14;
  const count = room < COUNTED_ROOM ? '' : ` ${measureText(measure, node.count)}`;
  const countWidth = textWidth(count);
  const title = fittedText(node.title, Math.min(LONGEST_LABEL, room - countWidth));
  return (
    <g class={colour}>
      <rect
        class={`node ${node.denial === 'all' ? 'all-denied' : ''}`}
        x={x}
        y={y}
        width={NODE_WIDTH}
        height={height}
        {...markAttributes(node, number, measure)}
      />
      {previousHeight !== undefined && (
        <rect
          class="ghost"
          x={isFirst ? x - 4 : x + NODE_WIDTH + 1}
          y={y}
          width={3}
          height={Math.max(1, previousHeight)}
        />
      )}
      {isBetween && (
        <rect
          class="label-ground"
          x={x + NODE_WIDTH + 4}
          y={y + height / 2 - 8}
          width={textWidth(title) + countWidth + 6}
          height={16}
        />
      )}
      <Label
        class="node-label"
        x={isFirst ? x - 7 : x + NODE_WIDTH + 7}
        y={y + height / 2}
        text-anchor={isFirst ? 'end' : 'start'}
      >
        <tspan class={node.value === null ? 'no-name' : ''}>{isolatedText(title)}</tspan>
        <tspan class="node-count">{count}</tspan>
      </Label>
    </g>
  );
}
