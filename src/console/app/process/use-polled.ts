import { useEffect, useRef, useState } from 'preact/hooks';
import { AskFault } from '../answer/index.ts';
import { Lacking } from './lacks.ts';

/** What was read last, and first: counters say more beside an earlier reading. */
export interface Polled<T> {
  readonly latest: T | undefined;
  readonly latestMs: number;
  readonly first: T | undefined;
  readonly firstMs: number;
  readonly fault: string | undefined;
  /** Why there is nothing to read here. */
  readonly lack: string | undefined;
}

const nothing = {
  latest: undefined,
  latestMs: 0,
  first: undefined,
  firstMs: 0,
  fault: undefined,
  lack: undefined,
};

/** Reads something again and again while somebody looks at the page, once the time has come for it. */
export function usePolled<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  everyMs: number,
  isReady = true,
): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>(nothing);
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    if (!isReady) return;
    const controller = new AbortController();
    const readOnce = async () => {
      try {
        const read = await latest.current(controller.signal);
        const nowMs = Date.now();
        setPolled(({ first, firstMs }) => ({
          latest: read,
          latestMs: nowMs,
          first: first ?? read,
          firstMs: first === undefined ? nowMs : firstMs,
          fault: undefined,
          lack: undefined,
        }));
      } catch (error) {
        if (controller.signal.aborted) return;
        if (error instanceof Lacking) {
          setPolled({ ...nothing, lack: error.message });
          return;
        }
        const fault = error instanceof AskFault ? error.message : `The answer cannot be read: ${error}`;
        setPolled((before) => ({ ...before, fault }));
      }
    };
    const timer = setInterval(() => document.visibilityState === 'visible' && readOnce(), everyMs);
    readOnce();
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, [everyMs, isReady]);
  return polled;
}
