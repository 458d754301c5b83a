import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { KeptEvent } from '../../../flow/index.ts';
import { axisText, axisValue } from '../counts/index.ts';
import { groupMark, groupTitle, ValueColours } from '../groups/index.ts';
import { valueTicks } from './axis-ticks.ts';
import { Hatches } from './hatches.tsx';
import { Label } from './label.tsx';
import { markAttributes, PictureFrame, type PictureParts } from './picture-frame.tsx';
import { type EarlierCounts, layOutSeries, type SeriesLayout } from './series-layout.ts';
import { bucketAt, bucketStart, type TimeBuckets, unknownBecause } from './time-buckets.ts';
import { bucketText, type PointedCell, TimePlot } from './time-plot.tsx';
import { Tip } from './tip.tsx';

interface TimeSeriesParts extends PictureParts {
  readonly buckets: TimeBuckets;
  readonly events: readonly KeptEvent[];
  readonly isStacked: boolean;
  /** All flows of the compared time. */
  readonly before: EarlierCounts | undefined;
}

const LEFT = 84;
const HEIGHT = 280;
/** Lines of a tip. */
const MOST_SHOWN = 10;

/** Groups over time, upon each other or as lines. */
export function TimeSeries(parts: TimeSeriesParts) {
  const { groups, by, measure, isStacked, onChoose } = parts;
  const marks = useMemo(() => groups.map((_, number) => groupMark(groups, number, by)), [groups, by]);
  return (
    <PictureFrame
      marks={marks}
      measure={measure}
      onChoose={onChoose}
      label={`${isStacked ? 'Stacked areas' : 'Lines'} of ${measure} over time`}
      hasOwnTip
    >
      {(width) => <SeriesPlot {...parts} width={width} />}
    </PictureFrame>
  );
}

function SeriesPlot({ width, ...parts }: TimeSeriesParts & { width: number }) {
  const { groups, by, buckets, events, measure, isStacked, before } = parts;
  const pointed = useSignal<PointedCell | undefined>(undefined);
  const colours = useMemo(() => ValueColours.ofGroups(groups), [groups]);
  const layout = useMemo(() => {
    const plotWidth = Math.max(1, width - LEFT - 8);
    return layOutSeries({
      ...{ groups, by, buckets, measure, isStacked, before },
      width: plotWidth,
      height: HEIGHT,
    });
  }, [groups, by, buckets, measure, isStacked, before, width]);
  // Events that arrive, and a brush, draw no series again.
  const layers = useMemo(
    () => (
      <SeriesLayers
        layout={layout}
        groups={groups}
        colours={colours}
        measure={measure}
        isStacked={isStacked}
      />
    ),
    [layout, groups, colours, measure, isStacked],
  );
  const yOf = (value: number) => (layout.largest === 0 ? HEIGHT : HEIGHT - (value / layout.largest) * HEIGHT);
  const ticks = valueTicks(layout.largest, (value) => axisText(measure, value));
  return (
    <>
      <TimePlot
        buckets={buckets}
        width={width}
        left={LEFT}
        height={HEIGHT}
        title={`${measure} over time`}
        events={events}
        pointed={pointed}
        onPoint={(cell) => {
          pointed.value = cell;
        }}
        side={ticks.map(({ value, text }) => (
          <g key={value} transform={`translate(0 ${yOf(value)})`}>
            <line class="grid-line" x1={LEFT} x2={width - 8} />
            <text class="axis-label" x={LEFT - 6} text-anchor="end">
              {text}
            </text>
          </g>
        ))}
      >
        {layers}
      </TimePlot>
      <BucketTip {...{ groups, buckets, measure, colours, before, pointed }} />
    </>
  );
}

interface SeriesLayersParts extends Pick<TimeSeriesParts, 'groups' | 'measure' | 'isStacked'> {
  readonly layout: SeriesLayout;
  readonly colours: ValueColours;
}

function SeriesLayers({ layout, groups, colours, measure, isStacked }: SeriesLayersParts) {
  return (
    <>
      <Hatches />
      {layout.layers.map((layer, number) => (
        <g key={layer.title} class={colours.ofGroup(groups[number]!)}>
          <path
            d={layer.path}
            class={`${isStacked ? 'area' : 'line'} ${layer.denial}-denied`}
            {...markAttributes(layer, number, measure)}
          />
          {isStacked && layer.denial === 'all' && <path d={layer.path} class="area-hatch" />}
        </g>
      ))}
      {layout.ghost !== undefined && <path d={layout.ghost} class="ghost-line" />}
      {layout.layers.map(
        ({ title, numberPlace }, number) =>
          numberPlace !== undefined && (
            <Label key={title} class="series-number" {...numberPlace} text-anchor="middle">
              {number + 1}
            </Label>
          ),
      )}
    </>
  );
}

interface BucketTipParts extends Pick<TimeSeriesParts, 'groups' | 'buckets' | 'measure' | 'before'> {
  readonly pointed: ReadonlySignal<PointedCell | undefined>;
  readonly colours: ValueColours;
}

/** What each group has in a bucket, the largest first. */
function BucketTip({ groups, buckets, measure, colours, before, pointed }: BucketTipParts) {
  if (pointed.value === undefined) return null;
  const { bucket, at } = pointed.value;
  const why = unknownBecause(buckets, bucket);
  const textOf = (count: bigint) => axisText(measure, axisValue(measure, Number(count), buckets.stepMs));
  const earlier = before?.counts[bucketAt(before.buckets, bucketStart(buckets, bucket))];
  const present = groups
    .map((group, number) => ({ group, number }))
    .filter(({ group }) => (group.series[bucket] ?? 0n) > 0n)
    .sort((a, b) => (b.group.series[bucket]! > a.group.series[bucket]! ? 1 : -1));
  return (
    <Tip at={at}>
      <p class="tip-head">{bucketText(buckets, bucket)}</p>
      {why !== undefined && <p>no records: {why}</p>}
      {present.slice(0, MOST_SHOWN).map(({ group, number }) => (
        <p key={groupTitle(group)} class={`tip-line ${colours.ofGroup(group)}`}>
          <span class="swatch" /> {!group.isRest && <span class="soft">{number + 1}</span>}{' '}
          <bdi>{groupTitle(group)}</bdi> <b>{textOf(group.series[bucket]!)}</b>
        </p>
      ))}
      {present.length > MOST_SHOWN && <p>and {present.length - MOST_SHOWN} more</p>}
      {earlier !== undefined && <p>all flows before: {textOf(earlier)}</p>}
    </Tip>
  );
}
