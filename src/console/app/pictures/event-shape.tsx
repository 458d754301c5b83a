import type { EventKind, KeptEvent } from '../../../flow/index.ts';

/** A shape for each kind, so that nobody needs colours to tell them apart. */
const shapes: Readonly<Record<EventKind, string>> = {
  kubernetes: 'M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0z',
  rollout: 'M-5,4.5L0,-5L5,4.5z',
  agent: 'M-4,-4H4V4H-4z',
  process: 'M0,-5.5L5.5,0L0,5.5L-5.5,0z',
  loss: 'M-5,-5L-2,-5L0,-2L2,-5L5,-5L2,0L5,5L2,5L0,2L-2,5L-5,5L-2,0z',
  alert: 'M-5,-4.5L0,5L5,-4.5z',
};

/** What happened, as a sign. That of a warning is filled. */
export function EventShape({ kind, type }: Pick<KeptEvent, 'kind' | 'type'>) {
  return <path class={type === 'Warning' ? 'event-shape warning' : 'event-shape'} d={shapes[kind]} />;
}
