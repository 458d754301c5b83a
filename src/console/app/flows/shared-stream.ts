import { readFlows } from './flow-stream.ts';
import type { RecordLine } from './record-line.ts';

/** One stream for all tabs of a browser: a browser has six connections to a host. */
const NAME = 'weir-live-flows';

/** What the tab that reads tells the others. */
interface Handed {
  readonly path: string;
  readonly lines: readonly RecordLine[];
}

export interface LiveStream {
  onLines: (lines: readonly RecordLine[]) => void;
  /** Another tab follows other flows, or has taken the stream over; undefined when that is over. */
  onElsewhere: (isElsewhere: boolean) => void;
}

/**
 * Follows flows. The tab with the lock reads, and hands records to tabs that follow the same. A tab that
 * follows others waits until the lock is free, unless it takes it (`isTaking`).
 */
export async function followFlows(
  path: string,
  { onLines, onElsewhere }: LiveStream,
  isTaking: boolean,
  signal: AbortSignal,
): Promise<void> {
  // Without a secure context a browser has no locks: each tab has a stream of its own.
  if (!('locks' in navigator)) {
    await readFlows(path, onLines, signal);
    return;
  }
  const channel = new BroadcastChannel(NAME);
  try {
    let isReading = false;
    channel.onmessage = ({ data }: MessageEvent<Handed>) => {
      if (isReading || signal.aborted) return;
      onElsewhere(data.path !== path);
      if (data.path === path && data.lines.length > 0) onLines(data.lines);
    };
    const readHere = async () => {
      isReading = true;
      onElsewhere(false);
      const handOn = (lines: readonly RecordLine[]) => channel.postMessage({ path, lines } satisfies Handed);
      handOn([]);
      const heartbeat = setInterval(() => handOn([]), 1_000);
      try {
        await readFlows(
          path,
          (lines) => {
            handOn(lines);
            onLines(lines);
          },
          signal,
        );
      } finally {
        clearInterval(heartbeat);
        isReading = false;
      }
    };
    await navigator.locks.request(NAME, isTaking ? { steal: true } : { signal }, readHere);
  } finally {
    channel.close();
  }
}
