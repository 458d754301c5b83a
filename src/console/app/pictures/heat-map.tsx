import { useMemo, useState } from 'preact/hooks';
import type { MeasureName } from '../../../flow/index.ts';
import { axisText, axisValue, isRate, measureText } from '../counts/index.ts';
import { groupLabel, groupMark, groupTitle } from '../groups/index.ts';
import { Hatches } from './hatches.tsx';
import { heatCells } from './heat-cells.ts';
import { Label } from './label.tsx';
import { markAttributes, PictureFrame, type PictureParts } from './picture-frame.tsx';
import { StrengthScale } from './strength-scale.tsx';
import { type TimeBuckets, unknownBecause } from './time-buckets.ts';
import { bucketText, TimePlot } from './time-plot.tsx';
import { type PointedPlace, Tip } from './tip.tsx';

interface HeatMapParts extends PictureParts {
  readonly buckets: TimeBuckets;
}

const ROW = 20;

/** A row for each group, the rest as the last one; darker cells have more. */
export function HeatMap({ groups, by, buckets, measure, onChoose }: HeatMapParts) {
  const [pointed, setPointed] = useState<{ bucket: number; row: number; at: PointedPlace }>();
  const cells = useMemo(() => heatCells(groups), [groups]);
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
        const left = Math.min(230, Math.floor(width * 0.34));
        const characters = Math.floor(left / 6.8) - 1;
        const cellWidth = (Math.max(1, width - left - 8) * buckets.stepMs) / (buckets.toMs - buckets.fromMs);
        return (
          <>
            <TimePlot
              buckets={buckets}
              width={width}
              left={left}
              height={height}
              title={`${measure} over time`}
              pointed={pointed?.bucket}
              onPoint={(bucket, event) => {
                const { top } = (event.currentTarget as Element).getBoundingClientRect();
                const row = Math.floor((event.clientY - top - 6) / ROW);
                const isCell = bucket !== undefined && row >= 0 && row < groups.length;
                setPointed(isCell ? { bucket, row, at: { x: event.clientX, y: event.clientY } } : undefined);
              }}
              side={groups.map((group, row) => (
                <Label
                  key={groupTitle(group)}
                  class="axis-label"
                  x={left - 6}
                  y={(row + 0.5) * ROW}
                  text-anchor="end"
                >
                  {groupLabel(group, characters)}
                </Label>
              ))}
            >
              <Hatches />
              {groups.map((group, row) => (
                <g key={groupTitle(group)} {...markAttributes(marks[row]!, row, measure)}>
                  <rect
                    class="heat-row"
                    y={row * ROW}
                    width={Math.max(1, width - left - 8)}
                    height={ROW - 1}
                  />
                  {cells
                    .filter((cell) => cell.row === row)
                    .map(({ bucket, count, strength }) => (
                      <rect
                        key={bucket}
                        class={`cell strength-${strength}`}
                        data-cell={String(count)}
                        x={bucket * cellWidth}
                        y={row * ROW}
                        width={Math.min(cellWidth, width - left - 8 - bucket * cellWidth)}
                        height={ROW - 1}
                      />
                    ))}
                </g>
              ))}
            </TimePlot>
            <StrengthScale largest={largest} textOf={(count) => measureText(measure, count)} />
            {pointed && (
              <Tip at={pointed.at}>
                <p class="tip-head">{bucketText(buckets, pointed.bucket)}</p>
                <p>
                  <bdi>{groupTitle(groups[pointed.row]!)}</bdi>:{' '}
                  {unknownBecause(buckets, pointed.bucket) ??
                    cellText(measure, groups[pointed.row]!.series[pointed.bucket] ?? 0n, buckets.stepMs)}
                </p>
              </Tip>
            )}
          </>
        );
      }}
    </PictureFrame>
  );
}

const cellText = (measure: MeasureName, count: bigint, spanMs: number): string =>
  isRate(measure)
    ? `${measureText(measure, count)}, ${axisText(measure, axisValue(measure, Number(count), spanMs))}`
    : measureText(measure, count);
