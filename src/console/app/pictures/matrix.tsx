import { useMemo } from 'preact/hooks';
import { dimensions } from '../../../flow/index.ts';
import { measureText } from '../counts/index.ts';
import { cutMiddle, isolatedText } from '../names/index.ts';
import { Hatches } from './hatches.tsx';
import { strengthOf } from './heat-cells.ts';
import { Label } from './label.tsx';
import { type PairEnd, pairTable } from './pair-table.ts';
import { markAttributes, PictureFrame, type PictureParts } from './picture-frame.tsx';
import { StrengthScale } from './strength-scale.tsx';

const LABEL_WIDTH = 190;
const LABEL_HEIGHT = 140;
const [SMALLEST_CELL, LARGEST_CELL] = [16, 34];
const [LABEL_CHARACTERS, COLUMN_CHARACTERS] = [27, 22];

/** Who with whom: a cell for each pair, darker for more. Good for many values. */
export function Matrix({ groups, by, measure, onChoose }: PictureParts) {
  const { rows, columns, pairs } = useMemo(() => pairTable(groups, by), [groups, by]);
  const largest = pairs.reduce((most, { count }) => (count > most ? count : most), 0n);
  return (
    <PictureFrame marks={pairs} measure={measure} onChoose={onChoose} label={`Matrix of ${measure}`}>
      {(available) => {
        const cell = Math.min(
          LARGEST_CELL,
          Math.max(SMALLEST_CELL, Math.floor((available - LABEL_WIDTH - 60) / Math.max(1, columns.length))),
        );
        const width = Math.max(available, LABEL_WIDTH + cell * columns.length + 70);
        const height = LABEL_HEIGHT + cell * rows.length + 8;
        return (
          <>
            <svg width={width} height={height} class="matrix">
              <title>Matrix</title>
              <Hatches />
              <text class="column-title" x={0} y={14}>
                {dimensions[by[0]!].title} ↓ {dimensions[by.at(-1)!].title} →
              </text>
              {columns.map((end, column) => (
                <Label
                  key={keyOf(end)}
                  class={labelClass(end)}
                  transform={`translate(${LABEL_WIDTH + (column + 0.6) * cell} ${LABEL_HEIGHT - 6}) rotate(-55)`}
                >
                  {isolatedText(cutMiddle(end.title, COLUMN_CHARACTERS))}
                </Label>
              ))}
              {rows.map((end, row) => (
                <Label
                  key={keyOf(end)}
                  class={labelClass(end)}
                  x={LABEL_WIDTH - 6}
                  y={LABEL_HEIGHT + (row + 0.5) * cell}
                  text-anchor="end"
                >
                  {isolatedText(cutMiddle(end.title, LABEL_CHARACTERS))}
                </Label>
              ))}
              <Grid rows={rows} columns={columns} cell={cell} />
              {pairs.map((pair, number) => {
                const place = {
                  x: LABEL_WIDTH + pair.column * cell + 1,
                  y: LABEL_HEIGHT + pair.row * cell + 1,
                  width: cell - 2,
                  height: cell - 2,
                };
                return [
                  <rect
                    key={pair.title}
                    {...place}
                    class={`cell strength-${strengthOf(pair.count, largest)}`}
                    {...markAttributes(pair, number, measure)}
                  />,
                  pair.denial !== 'none' && (
                    <rect key="hatch" {...place} class={pair.denial === 'all' ? 'area-hatch' : 'cell-dash'} />
                  ),
                ];
              })}
            </svg>
            <StrengthScale largest={largest} textOf={(count) => measureText(measure, count)} />
          </>
        );
      }}
    </PictureFrame>
  );
}

/** Lines between namespaces, and before the rest. */
function Grid({
  rows,
  columns,
  cell,
}: {
  rows: readonly PairEnd[];
  columns: readonly PairEnd[];
  cell: number;
}) {
  const [right, bottom] = [LABEL_WIDTH + columns.length * cell, LABEL_HEIGHT + rows.length * cell];
  return (
    <>
      <rect
        class="grid-frame"
        x={LABEL_WIDTH}
        y={LABEL_HEIGHT}
        width={columns.length * cell}
        height={rows.length * cell}
      />
      {rows.map((end, row) => (
        <line
          key={keyOf(end)}
          class={isBorder(rows, row) ? 'grid-border' : 'grid-line'}
          x1={LABEL_WIDTH}
          x2={right}
          y1={LABEL_HEIGHT + row * cell}
          y2={LABEL_HEIGHT + row * cell}
        />
      ))}
      {columns.map((end, column) => (
        <line
          key={keyOf(end)}
          class={isBorder(columns, column) ? 'grid-border' : 'grid-line'}
          x1={LABEL_WIDTH + column * cell}
          x2={LABEL_WIDTH + column * cell}
          y1={LABEL_HEIGHT}
          y2={bottom}
        />
      ))}
    </>
  );
}

const keyOf = ({ isRest, value }: PairEnd): string => `${isRest} ${JSON.stringify(value)}`;

const labelClass = ({ value }: PairEnd): string => (value === null ? 'axis-label no-name' : 'axis-label');

const spaceOf = ({ isRest, value }: PairEnd): string =>
  isRest ? '/' : value?.includes('/') ? value.slice(0, value.indexOf('/')) : '';

const isBorder = (ends: readonly PairEnd[], place: number): boolean =>
  place > 0 && spaceOf(ends[place]!) !== spaceOf(ends[place - 1]!);
