import type { DimensionName, MeasureName } from '../../flow/index.ts';
import { commandFor, coverageOf, headOf, namedGroups, restOf, rowOf } from '../answer-parts.ts';
import { emptyReason } from '../empty-reason.ts';
import type { Tool } from '../tool.ts';
import {
  type AskedFlows,
  askedFlowsArguments,
  byArgument,
  compareArgument,
  DEFAULT_FROM,
  limitArgument,
  measuresArgument,
} from '../tool-arguments.ts';

interface TopArguments extends AskedFlows {
  readonly by?: readonly DimensionName[];
  readonly measures?: readonly MeasureName[];
  readonly compare?: string;
  readonly limit?: number;
}

const LIMIT = 20;
const MOST = 200;

export const topTool: Tool<TopArguments> = {
  name: 'top',
  title: 'Top groups of flows',
  description:
    'Sums up flows by up to four dimensions: the biggest groups, and one exact rest of all others. Rows and rest add up to the totals. With "compare" each row also has its counts of an earlier time.',
  properties: {
    ...askedFlowsArguments,
    by: byArgument,
    measures: measuresArgument,
    compare: compareArgument,
    limit: limitArgument(LIMIT, MOST, 'groups'),
  },
  required: [],
  async answer(question) {
    const { given, source, signal } = question;
    const { from = DEFAULT_FROM, where = '', limit = LIMIT, ...others } = given;
    const answer = await source.query({ ...others, from, where, top: limit }, signal);
    const [groups, rest] = [namedGroups(answer), restOf(answer)];
    const empty = await emptyReason(answer, where, question);
    return {
      head: headOf(answer),
      rows: empty === undefined ? groups.map((group) => rowOf(answer, group)) : [],
      rowCount: empty === undefined ? answer.groupCount : 0,
      hasMore: rest !== undefined,
      rest: rest && rowOf(answer, rest),
      narrow: 'raise "limit", shorten the time, add a condition to "where", or group by fewer dimensions',
      empty,
      coverage: coverageOf(answer.coverage),
      command: commandFor(answer, source),
    };
  },
};
