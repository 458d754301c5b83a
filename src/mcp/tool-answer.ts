import { printableText } from '../runtime/index.ts';

export interface ToolAnswer {
  /** What holds for all rows: times, units, totals. */
  readonly head: Readonly<Record<string, unknown>>;
  /** The most important first. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Rows that there are, in this answer or not; undefined if unknown. */
  readonly rowCount: number | undefined;
  /** Whether there are more rows than these. */
  readonly hasMore: boolean;
  /** What sums up the rows that were not asked for. */
  readonly rest?: Readonly<Record<string, unknown>> | undefined;
  /** What the reader can do to see the others. */
  readonly narrow: string;
  /** Why there are no rows; undefined if there are. */
  readonly empty?: string | undefined;
  readonly coverage: Readonly<Record<string, unknown>>;
  /** Commands that print the same numbers. */
  readonly command: string;
}

/** Maximum characters of an answer: some 6,000 tokens. */
export const MOST_CHARACTERS = 20_000;
/** Names of Kubernetes have 253 characters at most; anything longer was made to be long. */
const MOST_NAME = 300;

/**
 * The answer as JSON on one line. Names are strings in it, without a character that is invisible or obeyed.
 * Rows that do not fit are left out from the end, and `truncated` says so.
 */
export function printAnswer(answer: ToolAnswer): string {
  let [fits, tooMany] = [0, answer.rows.length + 1];
  while (tooMany - fits > 1) {
    const half = Math.floor((fits + tooMany) / 2);
    if (textOf(answer, half).length <= MOST_CHARACTERS) fits = half;
    else tooMany = half;
  }
  const text = textOf(answer, fits);
  if (text.length <= MOST_CHARACTERS) return text;
  throw new RangeError(
    `the answer has more than ${MOST_CHARACTERS} characters without any row: ${answer.narrow}`,
  );
}

function textOf(answer: ToolAnswer, shown: number): string {
  const { head, rows, rowCount, hasMore, rest, narrow, empty, coverage, command } = answer;
  const isCut = shown < rows.length;
  return printableText(
    JSON.stringify(
      {
        ...head,
        rows: rows.slice(0, shown),
        ...(rest === undefined ? {} : { rest }),
        shownRows: shown,
        ...(rowCount === undefined ? {} : { existingRows: rowCount }),
        truncated: isCut || hasMore,
        ...(isCut ? { leftOut: leftOutText(rows.length - shown, rest !== undefined) } : {}),
        ...(isCut || hasMore ? { narrow } : {}),
        ...(empty === undefined ? {} : { empty }),
        coverage,
        command,
      },
      boundedName,
    ),
  );
}

const leftOutText = (rows: number, hasRest: boolean): string =>
  `${rows} of the asked rows are left out, so that the answer has at most ${MOST_CHARACTERS} characters${hasRest ? '; the rest does not contain them' : ''}`;

/** Texts that Weir itself writes, by their keys. */
const ownTexts = new Set(['command', 'narrow', 'empty', 'leftOut', 'narrower']);

function boundedName(key: string, value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= MOST_NAME || ownTexts.has(key)) return value;
  return `${value.slice(0, MOST_NAME)}… (${value.length} characters)`;
}
