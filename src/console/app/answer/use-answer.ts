import { useEffect, useRef, useState } from 'preact/hooks';
import { AskFault, askCancellable, refreshes } from './asking.ts';

/** An answer and its question, which may be older than the question that is asked now. */
export interface Feed<T> {
  readonly answer: T | undefined;
  /** When it arrived. */
  readonly answeredMs: number;
  readonly fault: string | undefined;
  readonly isAsking: boolean;
}

/**
 * Asks whenever the question changes, and when the reader wants a fresh answer. The last answer stays until
 * the next one is there: an error or a cancelled question replaces no picture.
 */
export function useAnswer<T>(
  question: string | undefined,
  ask: (signal: AbortSignal) => Promise<T>,
): Feed<T> {
  const [feed, setFeed] = useState<Feed<T>>({
    answer: undefined,
    answeredMs: 0,
    fault: undefined,
    isAsking: question !== undefined,
  });
  const latest = useRef(ask);
  latest.current = ask;
  const turn = refreshes.value;
  // A new turn asks the same question again.
  useEffect(() => {
    if (question === undefined) return;
    const controller = new AbortController();
    let isCurrent = true;
    setFeed((before) => ({ ...before, isAsking: true }));
    askCancellable(controller, (signal) => latest.current(signal)).then(
      (answer) => isCurrent && setFeed({ answer, answeredMs: Date.now(), fault: undefined, isAsking: false }),
      (error) =>
        isCurrent &&
        setFeed((before) => ({
          ...before,
          isAsking: false,
          fault: controller.signal.aborted ? before.fault : wordsOf(error),
        })),
    );
    return () => {
      isCurrent = false;
      controller.abort();
    };
  }, [question, turn]);
  return feed;
}

const wordsOf = (error: unknown): string =>
  error instanceof AskFault ? error.message : `The console could not read the answer: ${error}`;
