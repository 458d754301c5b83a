import type { ReadonlySignal, Signal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import { eventObjectText, type KeptEvent } from '../../../flow/index.ts';
import { showTime } from '../address/index.ts';
import { isolatedText, shownName } from '../names/index.ts';
import { aroundRange, localText } from '../time/index.ts';
import { type EventCluster, eventClusters, signOf } from './event-clusters.ts';
import { EventShape } from './event-shape.tsx';
import { Label } from './label.tsx';
import type { TimeBuckets } from './time-buckets.ts';
import { type PointedPlace, Tip } from './tip.tsx';

/** The lane above a picture. */
export const EVENT_LANE = 18;
/** Signs that are nearer become one. */
const APART = 12;
/** Events that a tip names. */
const MOST_TOLD = 6;

/** Events that are pointed at, and where in the window. */
export interface PointedEvents {
  readonly cluster: EventCluster;
  readonly at: PointedPlace;
}

interface EventMarksParts {
  readonly events: readonly KeptEvent[];
  readonly buckets: TimeBuckets;
  readonly width: number;
  /** Of the picture below. */
  readonly height: number;
  readonly pointed: Signal<PointedEvents | undefined>;
}

/**
 * What happened, in a lane above a picture over time. Tab reaches the first sign, arrows the others. A sign
 * that is chosen shows the time around it.
 */
export function EventMarks({ events, buckets, width, height, pointed }: EventMarksParts) {
  const { fromMs, toMs } = buckets;
  const place = useRef<SVGGElement>(null);
  const clusters = useMemo(() => {
    const within = events.filter(({ time }) => Date.parse(time) >= fromMs && Date.parse(time) <= toMs);
    return eventClusters(within, (APART / width) * (toMs - fromMs));
  }, [events, fromMs, toMs, width]);
  const xOf = (ms: number): number => ((ms - fromMs) / (toMs - fromMs)) * width;
  const followKeys = (event: KeyboardEvent, cluster: EventCluster) => {
    const direction = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (direction !== undefined) {
      const signs = [...place.current!.querySelectorAll<SVGElement>('[data-events]')];
      const next = signs.indexOf(event.currentTarget as SVGElement) + direction;
      signs.at(next % signs.length)?.focus();
    } else if (event.key === 'Enter' || event.key === ' ') showAround(cluster);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <g ref={place} class="event-marks">
      {clusters.map((cluster, number) => {
        const { events: members, fromMs: firstMs } = cluster;
        const sign = signOf(cluster);
        return (
          // biome-ignore lint/a11y/useSemanticElements: a button cannot stand in a picture
          <g
            key={`${firstMs} ${number}`}
            class={`event-mark ${sign.type.toLowerCase()}`}
            transform={`translate(${xOf(firstMs)} 0)`}
            tabindex={number === 0 ? 0 : -1}
            role="button"
            data-events={members.length}
            aria-label={clusterText(cluster)}
            onClick={(event) => {
              event.stopPropagation();
              showAround(cluster);
            }}
            onKeyDown={(event) => followKeys(event, cluster)}
            onPointerEnter={(event) => {
              pointed.value = { cluster, at: { x: event.clientX, y: event.clientY } };
            }}
            onPointerLeave={() => {
              pointed.value = undefined;
            }}
            onFocus={(event) => {
              pointed.value = { cluster, at: belowSign(event.currentTarget) };
            }}
            onBlur={() => {
              pointed.value = undefined;
            }}
          >
            <line class="event-line" y2={height} />
            <rect class="event-target" x={-APART / 2} y={-EVENT_LANE} width={APART} height={EVENT_LANE} />
            <g transform={`translate(0 ${-EVENT_LANE / 2})`}>
              <EventShape kind={sign.kind} type={sign.type} />
              {members.length > 1 && (
                <Label class="event-count" x={7} y={-2}>
                  {members.length}
                </Label>
              )}
            </g>
          </g>
        );
      })}
    </g>
  );
}

const showAround = ({ fromMs, toMs }: EventCluster): void => showTime(aroundRange(fromMs, toMs, Date.now()));

/** The line of a mark goes down through the whole picture. */
function belowSign(mark: Element): PointedPlace {
  const { left, bottom } = mark.querySelector('.event-target')!.getBoundingClientRect();
  return { x: left, y: bottom };
}

/** What is pointed at, in words. */
export function EventTip({ pointed }: { pointed: ReadonlySignal<PointedEvents | undefined> }) {
  if (pointed.value === undefined) return null;
  const { cluster, at } = pointed.value;
  const { events } = cluster;
  return (
    <Tip at={at}>
      {events.slice(0, MOST_TOLD).map((event, place) => (
        <div key={String(place)}>
          <p class="tip-head">
            {localText(Date.parse(event.time))} <bdi>{shownName(event.reason)}</bdi>
          </p>
          <p>
            <bdi>{shownName(eventObjectText(event))}</bdi>: <bdi>{shownName(event.message)}</bdi>
          </p>
        </div>
      ))}
      {events.length > MOST_TOLD && <p>and {events.length - MOST_TOLD} more</p>}
    </Tip>
  );
}

/** For those who hear it. */
function clusterText(cluster: EventCluster): string {
  const { events, fromMs } = cluster;
  const sign = signOf(cluster);
  const text = `${isolatedText(shownName(sign.reason))}, ${isolatedText(shownName(eventObjectText(sign)))}`;
  const more = events.length > 1 ? `${events.length} events, such as ` : '';
  const warning = sign.type === 'Warning' ? 'warning: ' : '';
  return `${localText(fromMs)}: ${more}${warning}${text}: ${isolatedText(shownName(sign.message))}`;
}
