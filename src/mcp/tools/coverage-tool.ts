import { describeError } from '../../runtime/index.ts';
import { commandFor, coverageOf, headOf, utcText } from '../answer-parts.ts';
import type { Tool, ToolQuestion } from '../tool.ts';
import { timeArgument, toArgument } from '../tool-arguments.ts';

interface CoverageArguments {
  readonly from?: string;
  readonly to?: string;
}

const DEFAULT_FROM = '7d';
/** Accounts of the ledger that an answer lists. */
const MOST_ACCOUNTS = 50;

export const coverageTool: Tool<CoverageArguments> = {
  name: 'coverage',
  title: 'What is known, and what is missing',
  description:
    'Call this first. It tells the time now, how far back the history reaches, times without records and why, at which detail older flows are kept, and what the process lost since its start: one row for each place where records were lost.',
  properties: {
    from: { ...timeArgument('Begin'), default: DEFAULT_FROM },
    to: toArgument,
  },
  required: [],
  async answer(question) {
    const { given, source, signal, nowMs } = question;
    const { from = DEFAULT_FROM, to = 'now' } = given;
    const answer = await source.query({ from, to, by: [], measures: ['records', 'flows'] }, signal);
    const { rows, note } = await lossesOf(question);
    const hasMore = rows.length > MOST_ACCOUNTS;
    return {
      head: { now: utcText(nowMs), ...headOf(answer), lossesSinceStart: note },
      rows: rows.slice(0, MOST_ACCOUNTS),
      rowCount: rows.length,
      hasMore,
      narrow: 'weir up and GET /ledger show every account',
      coverage: coverageOf(answer.coverage),
      command: commandFor(answer, source),
    };
  },
};

/** Where the process lost records, and why there are no rows if there are none. */
async function lossesOf({ source, signal }: ToolQuestion<unknown>) {
  try {
    const accounts = await source.ledger(signal);
    if (accounts === undefined)
      return { rows: [], note: 'unknown: the files of a history were read, and no process was asked' };
    const rows = accounts
      .filter(({ lost }) => lost > 0)
      .map(({ name, unit, received, lost, dropped }) => ({ account: name, unit, received, lost, dropped }));
    return {
      rows,
      note: rows.length === 0 ? 'nothing is lost' : `accounts that lost something: ${rows.length}`,
    };
  } catch (error) {
    signal.throwIfAborted();
    // The history is known all the same: those who may not read the ledger may ask about flows.
    return { rows: [], note: `unknown: ${describeError(error)}` };
  }
}
