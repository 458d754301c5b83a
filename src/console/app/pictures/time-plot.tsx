import { type ReadonlySignal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { KeptEvent } from '../../../flow/index.ts';
import { showTime } from '../address/index.ts';
import { localText, zoneText, zoomedRange } from '../time/index.ts';
import { timeTicks } from './axis-ticks.ts';
import { EVENT_LANE, EventMarks, EventTip, type PointedEvents } from './event-marks.tsx';
import { bucketAt, bucketEnd, bucketStart, incompleteBecause, type TimeBuckets } from './time-buckets.ts';
import type { PointedPlace } from './tip.tsx';
import { useBrush } from './use-brush.ts';

/** What is pointed at: a bucket, how far down, and where in the window. */
export interface PointedCell {
  readonly bucket: number;
  readonly y: number;
  readonly at: PointedPlace;
}

interface TimePlotParts {
  readonly buckets: TimeBuckets;
  /** Of the whole, and of what is left of the time axis. */
  readonly width: number;
  readonly left: number;
  /** Of the marks alone. */
  readonly height: number;
  readonly title: string;
  /** What happened meanwhile, the oldest first. */
  readonly events: readonly KeptEvent[];
  readonly onPoint: (cell: PointedCell | undefined) => void;
  readonly pointed: ReadonlySignal<PointedCell | undefined>;
  /** What stands left of the axis. */
  readonly side: ComponentChildren;
  readonly children: ComponentChildren;
}

const TOP = 6;
const AXIS_HEIGHT = 40;
/** Room for the text of a tick. */
const TICK_WIDTH = 72;

/** A picture over time: its axis, gaps with their reason, incomplete buckets, and a brush. */
export function TimePlot(parts: TimePlotParts) {
  const { buckets, width, left, height, title, events, onPoint, pointed, side, children } = parts;
  const pointedEvents = useSignal<PointedEvents | undefined>(undefined);
  const top = events.length === 0 ? TOP : EVENT_LANE;
  const plotWidth = Math.max(1, width - left - 8);
  const span = buckets.toMs - buckets.fromMs;
  const xOf = (ms: number): number => ((ms - buckets.fromMs) / span) * plotWidth;
  const msOf = (x: number): number => buckets.fromMs + (x / plotWidth) * span;
  const { brush, handlers } = useBrush(left, plotWidth, ({ start, end }) =>
    showTime(zoomedRange(msOf(start), msOf(end))),
  );
  const cellOf = (event: PointerEvent): PointedCell | undefined => {
    const edges = (event.currentTarget as Element).getBoundingClientRect();
    const x = event.clientX - edges.left - left;
    const bucket = bucketAt(buckets, msOf(x));
    const y = event.clientY - edges.top - top;
    if (x < 0 || y < 0 || bucket >= buckets.count) return undefined;
    return { bucket, y, at: { x: event.clientX, y: event.clientY } };
  };
  return (
    <>
      <svg
        width={width}
        height={top + height + AXIS_HEIGHT}
        class="time-plot"
        {...handlers}
        onPointerMove={(event) => {
          handlers.onPointerMove(event);
          onPoint(cellOf(event));
        }}
        onPointerLeave={() => {
          handlers.onPointerLeave();
          onPoint(undefined);
        }}
      >
        <title>{title}</title>
        <g transform={`translate(0 ${top})`}>{side}</g>
        <g transform={`translate(${left} ${top})`}>
          {children}
          {buckets.gaps.map((gap) => (
            <Gap
              key={`${gap.fromMs} ${gap.why}`}
              x={xOf(gap.fromMs)}
              width={xOf(gap.toMs) - xOf(gap.fromMs)}
              height={height}
              why={gap.why}
            />
          ))}
          {[...new Set([0, buckets.count - 1])].map((bucket) => (
            <IncompleteBucket key={bucket} bucket={bucket} buckets={buckets} xOf={xOf} height={height} />
          ))}
          {events.length > 0 && (
            <EventMarks
              events={events}
              buckets={buckets}
              width={plotWidth}
              height={height}
              pointed={pointedEvents}
            />
          )}
          <line class="axis-line" x2={plotWidth} y1={height} y2={height} />
          {timeTicks(buckets.fromMs, buckets.toMs, Math.max(2, Math.floor(plotWidth / TICK_WIDTH))).map(
            ({ value, text }) => (
              <g key={value} transform={`translate(${xOf(value)} ${height})`}>
                <line class="axis-line" y2={4} />
                <text class="axis-label" y={15} text-anchor="middle">
                  {text}
                </text>
              </g>
            ),
          )}
          <text class="axis-label zone" x={plotWidth} y={height + 32} text-anchor="end">
            {zoneText(buckets.toMs)}
          </text>
        </g>
      </svg>
      {/* Beside the picture, so that none of its marks is painted again. */}
      <div class="plot-cover" style={{ left, top, height }}>
        <PointedBucket pointed={pointed} buckets={buckets} xOf={xOf} />
        {brush && <Stripe class="brush" from={brush.start} to={brush.end} />}
      </div>
      <EventTip pointed={pointedEvents} />
    </>
  );
}

interface GapParts {
  readonly x: number;
  readonly width: number;
  readonly height: number;
  readonly why: string;
}

function Gap({ x, width, height, why }: GapParts) {
  return (
    <g>
      <rect class="gap" x={x} width={Math.max(2, width)} height={height}>
        <title>{`no records: ${why}`}</title>
      </rect>
      {width > 70 && (
        <text class="gap-label" x={x + width / 2} y={height / 2} text-anchor="middle">
          {why}
        </text>
      )}
    </g>
  );
}

interface BucketParts {
  readonly buckets: TimeBuckets;
  readonly xOf: (ms: number) => number;
}

interface IncompleteBucketParts extends BucketParts {
  readonly bucket: number;
  readonly height: number;
}

function IncompleteBucket({ bucket, buckets, xOf, height }: IncompleteBucketParts) {
  const why = incompleteBecause(buckets, bucket);
  if (why === undefined) return null;
  const [start, end] = [xOf(bucketStart(buckets, bucket)), xOf(bucketEnd(buckets, bucket))];
  return (
    <rect class="incomplete-bucket" x={start} width={Math.max(2, end - start)} height={height}>
      <title>{`incomplete: ${why}`}</title>
    </rect>
  );
}

interface PointedBucketParts extends BucketParts {
  readonly pointed: ReadonlySignal<PointedCell | undefined>;
}

function PointedBucket({ pointed, buckets, xOf }: PointedBucketParts) {
  if (pointed.value === undefined) return null;
  const { bucket } = pointed.value;
  const [from, to] = [xOf(bucketStart(buckets, bucket)), xOf(bucketEnd(buckets, bucket))];
  return <Stripe class="pointed-bucket" from={from} to={to} />;
}

/** A part of the time, in pixels. */
const Stripe = ({ class: name, from, to }: { class: string; from: number; to: number }) => (
  <div class={name} style={{ left: Math.min(from, to), width: Math.max(1, Math.abs(to - from)) }} />
);

/** "2026-01-31 10:00 – 10:05", and whether more may come. */
export function bucketText(buckets: TimeBuckets, bucket: number): string {
  const from = localText(bucketStart(buckets, bucket));
  const to = localText(bucketEnd(buckets, bucket));
  const why = incompleteBecause(buckets, bucket);
  return `${from} – ${to.slice(0, 10) === from.slice(0, 10) ? to.slice(11) : to}${why === undefined ? '' : `, incomplete: ${why}`}`;
}
