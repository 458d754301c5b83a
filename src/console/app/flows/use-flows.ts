import { useEffect, useState } from 'preact/hooks';
import { missedRecordsIn, missedRecordsText } from '../../../flow/index.ts';
import { AskFault, askCancellable, refreshes } from '../answer/index.ts';
import { instantsOf } from '../time/index.ts';
import { type FlowSearch, followPath, listPath } from './flow-search.ts';
import { readFlows } from './flow-stream.ts';
import { KeptLines } from './kept-lines.ts';
import { lineTime, type RecordLine } from './record-line.ts';
import { followFlows } from './shared-stream.ts';

/** The records of a search as far as they are here. */
export interface FoundFlows {
  readonly lines: readonly RecordLine[];
  /** Records that passed, but there is no room for. */
  readonly leftOut: number;
  /** What the stream lacks, in words: it was read too slowly, or cannot be read. Undefined for nothing. */
  readonly missed: string | undefined;
  readonly isReading: boolean;
  /** Another tab follows other flows. */
  readonly isElsewhere: boolean;
  readonly fault: string | undefined;
}

const nothing: FoundFlows = {
  lines: [],
  leftOut: 0,
  missed: undefined,
  isReading: true,
  isElsewhere: false,
  fault: undefined,
};

/** A table is drawn anew this often while records arrive. */
const DRAW_MS = 200;

/** Reads the records of a search, or follows them. `turn` grows when this tab takes over the live stream. */
export function useFlows(search: FlowSearch, isFollowing: boolean, turn: number): FoundFlows {
  const [found, setFound] = useState(nothing);
  const refresh = refreshes.value;
  const { from, to, where } = search;
  useEffect(() => {
    const controller = new AbortController();
    const kept = new KeptLines();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const showSoon = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setFound((before) => ({ ...before, ...shownOf(kept) }));
      }, DRAW_MS);
    };
    const isWanted = timeTest(search);
    const onLines = (lines: readonly RecordLine[]) => {
      kept.add(
        isFollowing ? lines : lines.filter((line) => missedRecordsIn(line) !== undefined || isWanted(line)),
      );
      showSoon();
    };
    const finish = (fault: string | undefined) => {
      clearTimeout(timer);
      if (controller.signal.aborted && fault === undefined) return;
      setFound((before) => ({
        ...before,
        ...shownOf(kept),
        isReading: false,
        fault,
      }));
    };
    setFound((before) => ({ ...before, isReading: true, fault: undefined, isElsewhere: false }));
    const onElsewhere = (isElsewhere: boolean) => setFound((before) => ({ ...before, isElsewhere }));
    const asked = isFollowing
      ? followFlows(followPath(search), { onLines, onElsewhere }, turn > 0, controller.signal)
      : askCancellable(controller, (signal) => readFlows(listPath(search), onLines, signal));
    let isCurrent = true;
    asked.then(
      () => isCurrent && finish(isFollowing ? 'The server has ended the stream.' : undefined),
      (error) => isCurrent && finish(controller.signal.aborted ? undefined : wordsFor(error)),
    );
    return () => {
      isCurrent = false;
      clearTimeout(timer);
      controller.abort();
    };
  }, [from, to, where, isFollowing, turn, refresh]);
  return found;
}

/** Files that are named. */
const MOST_UNREAD = 5;

function shownOf({ lines, leftOut, missed, hasMissedMore, unread }: KeptLines) {
  const slow = missed > 0 ? missedRecordsText(missed) : hasMissedMore ? missedRecordsText('some') : undefined;
  const words = [
    ...(slow === undefined ? [] : [`${slow} that this browser read too slowly`]),
    ...unread.slice(0, MOST_UNREAD),
    ...(unread.length > MOST_UNREAD ? [`${unread.length - MOST_UNREAD} more files`] : []),
  ];
  return { lines, leftOut, missed: words.length === 0 ? undefined : words.join('; ') };
}

/** The server knows when a record was stored. Here its last packet decides whether it is before the end. */
function timeTest(search: FlowSearch): (line: RecordLine) => boolean {
  const end = search.to === 'now' ? undefined : instantsOf(search, Date.now())?.toMs;
  if (end === undefined) return () => true;
  return (line) => (lineTime(line) ?? 0) < end;
}

function wordsFor(error: unknown): string {
  if (error instanceof AskFault) return error.message;
  if (error instanceof DOMException && error.name === 'AbortError')
    return 'Another tab of this browser follows flows now.';
  return `The records cannot be read: ${error}`;
}
