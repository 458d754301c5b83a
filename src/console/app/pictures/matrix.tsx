import { useMemo } from 'preact/hooks';
import { dimensions } from '../../../flow/index.ts';
import { measureText } from '../counts/index.ts';
import { fittedText, isolatedText } from '../names/index.ts';
import { Hatches } from './hatches.tsx';
import { strengthOf } from './heat-cells.ts';
import { Label } from './label.tsx';
import { type PairEnd, pairTable } from './pair-table.ts';
import { markAttributes, PictureFrame, type PictureParts } from './picture-frame.tsx';
import { StrengthScale } from './strength-scale.tsx';

const WIDEST_LABEL = 190;
/** Of a narrow picture. */
const LABEL_SHARE = 0.36;
const LABEL_HEIGHT = 140;
const [SMALLEST_CELL, LARGEST_CELL] = [16, 34];
/** Titles of columns are turned by so much. They end above the cells, and beside the last one. */
const TURN_DEGREES = 55;
const COLUMN_ROOM = (LABEL_HEIGHT - 36) / Math.sin((TURN_DEGREES * Math.PI) / 180);
const OVERHANG = COLUMN_ROOM * Math.cos((TURN_DEGREES * Math.PI) / 180);

/** Who with whom: a cell for each pair, darker for more. Good for many values. */
export function Matrix({ groups, by, measure, onChoose }: PictureParts) {
  const { rows, columns, pairs } = useMemo(() => pairTable(groups, by), [groups, by]);
  const largest = pairs.reduce((most, { count }) => (count > most ? count : most), 0n);
  return (
    <PictureFrame marks={pairs} measure={measure} onChoose={onChoose} label={`Matrix of ${measure}`}>
      {(available) => {
        const left = Math.min(WIDEST_LABEL, Math.floor(available * LABEL_SHARE));
        const cell = Math.min(
          LARGEST_CELL,
          Math.max(SMALLEST_CELL, Math.floor((available - left - OVERHANG) / Math.max(1, columns.length))),
        );
        const width = Math.max(available, left + cell * columns.length + OVERHANG);
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
                  transform={`translate(${left + (column + 0.6) * cell} ${LABEL_HEIGHT - 6}) rotate(-${TURN_DEGREES})`}
                >
                  {isolatedText(fittedText(end.title, COLUMN_ROOM))}
                </Label>
              ))}
              {rows.map((end, row) => (
                <Label
                  key={keyOf(end)}
                  class={labelClass(end)}
                  x={left - 6}
                  y={LABEL_HEIGHT + (row + 0.5) * cell}
                  text-anchor="end"
                >
                  {isolatedText(fittedText(end.title, left - 8))}
                </Label>
              ))}
              <Grid {...{ rows, columns, cell, left }} />
              {pairs.map((pair, number) => {
                const place = {
                  x: left + pair.column * cell + 1,
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
  left,
}: {
  rows: readonly PairEnd[];
  columns: readonly PairEnd[];
  cell: number;
  left: number;
}) {
  const [right, bottom] = [left + columns.length * cell, LABEL_HEIGHT + rows.length * cell];
  return (
    <>
      <rect
        class="grid-frame"
        x={left}
        y={LABEL_HEIGHT}
        width={columns.length * cell}
        height={rows.length * cell}
      />
      {rows.map((end, row) => (
        <line
          key={keyOf(end)}
          class={isBorder(rows, row) ? 'grid-border' : 'grid-line'}
          x1={left}
          x2={right}
          y1={LABEL_HEIGHT + row * cell}
          y2={LABEL_HEIGHT + row * cell}
        />
      ))}
      {columns.map((end, column) => (
        <line
          key={keyOf(end)}
          class={isBorder(columns, column) ? 'grid-border' : 'grid-line'}
          x1={left + column * cell}
          x2={left + column * cell}
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
