import { Socket } from 'node:net';
import { queryObjects } from 'node:v8';

/**
 * The number of objects of this thread after a garbage collection. Unlike octets, it does not change with the
 * machine's load.
 */
export interface RetainedObjects {
  /** Of any kind. */
  readonly all: number;
  readonly buffers: number;
  readonly sockets: number;
  readonly timers: number;
}

// biome-ignore lint/suspicious/noExplicitAny: a class that has no name in Node's types
const Timer = clearedTimer().constructor as any;

export function retainedObjects(): RetainedObjects {
  const count = (kind: Parameters<typeof queryObjects>[0]) => queryObjects(kind, { format: 'count' });
  return {
    all: count(Object),
    buffers: count(ArrayBuffer),
    sockets: count(Socket),
    timers: count(Timer),
  };
}

function clearedTimer(): NodeJS.Timeout {
  const timer = setTimeout(() => {}, 0);
  clearTimeout(timer);
  return timer;
}
