import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { KeptEvent, MeasureName } from '../../../flow/index.ts';
import { axisText, axisValue, isRate, measureText } from '../counts/index.ts';
import { groupLabel, groupMark, groupTitle } from '../groups/index.ts';
import { Hatches } from './hatches.tsx';
import { type HeatCell, heatCells } from './heat-cells.ts';
import { Label } from './label.tsx';
import { markAttributes, PictureFrame, type PictureParts } from './picture-frame.tsx';
import { StrengthScale } from './strength-scale.tsx';
import { bucketEnd, bucketStart, type TimeBuckets, unknownBecause } from './time-buckets.ts';
import { bucketText, type PointedCell, TimePlot } from './time-plot.tsx';
import { Tip } from './tip.tsx';

interface HeatMapParts extends PictureParts {
  readonly buckets: TimeBuckets;
  readonly events: readonly KeptEvent[];
}

const ROW = 20;

/** Where a cell begins and ends on the time axis. */
type CellEdges = readonly [start: number, end: number];

/** A row for each group, the rest as the last one; darker cells have more. */
export function HeatMap({ groups, by, buckets, events, measure, onChoose }: HeatMapParts) {
  const pointed = useSignal<PointedCell | undefined>(undefined);
  const cells = useMemo(() => heatCells(groups), [groups]);
  const rows = useMemo(() => Map.groupBy(cells, ({ row }) => row), [cells]);
  const largest = cells.reduce((most, { count }) => (count > most ? count : most), 0n);
  const marks = useMemo(() => groups.map((_, number) => groupMark(groups, number, by)), [groups, by]);
  const height = groups.length * ROW;
  return (
    <PictureFrame
      marks={marks}
      measure={measure}
      onChoose={onChoose}
      label={`Heat map of ${measure} over time`}
      hasOwnTip
    >
      {(width) => {
        const left = Math.min(230, Math.floor(width * 0.4));
        const plotWidth = Math.max(1, width - left - 8);
        const span = buckets.toMs - buckets.fromMs;
        const xOf = (ms: number): number => ((ms - buckets.fromMs) / span) * plotWidth;
        const edgesOf = (bucket: number): CellEdges => [
          xOf(bucketStart(buckets, bucket)),
          xOf(bucketEnd(buckets, bucket)),
        ];
        return (
          <>
            <TimePlot
              buckets={buckets}
              width={width}
              left={left}
              height={height}
              title={`${measure} over time`}
              events={events}
              pointed={pointed}
              onPoint={(cell) => {
                pointed.value = cell;
              }}
              side={groups.map((group, row) => (
                <Label
                  key={groupTitle(group)}
                  class="axis-label"
                  x={left - 6}
                  y={(row + 0.5) * ROW}
                  text-anchor="end"
                >
                  {groupLabel(group, left - 8)}
                </Label>
              ))}
            >
              <Hatches />
              {groups.map((group, row) => (
                <g key={groupTitle(group)} {...markAttributes(marks[row]!, row, measure)}>
                  <rect class="heat-row" y={row * ROW} width={plotWidth} height={ROW - 1} />
                  {rowPaths(rows.get(row) ?? [], row, edgesOf).map(({ strength, path }) => (
                    <path key={strength} class={`cell strength-${strength}`} d={path} />
                  ))}
                </g>
              ))}
            </TimePlot>
            <StrengthScale largest={largest} textOf={(count) => measureText(measure, count)} />
            <CellTip {...{ groups, buckets, measure, pointed }} />
          </>
        );
      }}
    </PictureFrame>
  );
}

/** One path for all cells of a strength: a week of many groups has very many cells. */
function rowPaths(
  cells: readonly HeatCell[],
  row: number,
  edgesOf: (bucket: number) => CellEdges,
): { strength: number; path: string }[] {
  return [...Map.groupBy(cells, ({ strength }) => strength)].map(([strength, members]) => ({
    strength,
    path: members
      .map(({ bucket }) => {
        const [start, end] = edgesOf(bucket);
        return `M${start.toFixed(1)},${row * ROW}H${end.toFixed(1)}v${ROW - 1}H${start.toFixed(1)}z`;
      })
      .join(''),
  }));
}

interface CellTipParts extends Pick<HeatMapParts, 'groups' | 'buckets' | 'measure'> {
  readonly pointed: ReadonlySignal<PointedCell | undefined>;
}

function CellTip({ groups, buckets, measure, pointed }: CellTipParts) {
  if (pointed.value === undefined) return null;
  const { bucket, y, at } = pointed.value;
  const group = groups[Math.floor(y / ROW)];
  if (group === undefined) return null;
  return (
    <Tip at={at}>
      <p class="tip-head">{bucketText(buckets, bucket)}</p>
      <p>
        <bdi>{groupTitle(group)}</bdi>:{' '}
        {unknownBecause(buckets, bucket) ?? cellText(measure, group.series[bucket] ?? 0n, buckets.stepMs)}
      </p>
    </Tip>
  );
}

const cellText = (measure: MeasureName, count: bigint, spanMs: number): string =>
  isRate(measure)
    ? `${measureText(measure, count)}, ${axisText(measure, axisValue(measure, Number(count), spanMs))}`
    : measureText(measure, count);
