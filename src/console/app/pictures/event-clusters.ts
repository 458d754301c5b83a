import type { KeptEvent } from '../../../flow/index.ts';

/** Events that would stand upon each other. */
export interface EventCluster {
  /** The oldest first. */
  readonly events: readonly KeptEvent[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Gathers events that are less than so many milliseconds apart. @param events the oldest first */
export function eventClusters(events: readonly KeptEvent[], apartMs: number): EventCluster[] {
  const clusters: { events: KeptEvent[]; fromMs: number; toMs: number }[] = [];
  for (const event of events) {
    const timeMs = Date.parse(event.time);
    const last = clusters.at(-1);
    if (last !== undefined && timeMs - last.fromMs < apartMs) {
      last.events.push(event);
      last.toMs = timeMs;
    } else clusters.push({ events: [event], fromMs: timeMs, toMs: timeMs });
  }
  return clusters;
}

/** The event whose sign stands for all: the first warning. */
export const signOf = ({ events }: EventCluster): KeptEvent =>
  events.find(({ type }) => type === 'Warning') ?? events[0]!;
