import type { DimensionName, MeasureName } from '../../flow/index.ts';
import type { Group, QueryAnswer } from '../../query/contract/index.ts';
import { parseSince } from '../../runtime/index.ts';
import {
  commandFor,
  coverageOf,
  coveredTime,
  headOf,
  namedGroups,
  restOf,
  utcText,
} from '../answer-parts.ts';
import { emptyReason } from '../empty-reason.ts';
import { byMagnitude, differenceOf, writtenCount } from '../exact-difference.ts';
import type { Tool } from '../tool.ts';
import {
  type AskedFlows,
  askedFlowsArguments,
  byArgument,
  compareArgument,
  DEFAULT_FROM,
  limitArgument,
  measureArgument,
} from '../tool-arguments.ts';

interface ChangesArguments extends AskedFlows {
  readonly by?: readonly DimensionName[];
  readonly measure?: MeasureName;
  readonly compare?: string;
  readonly limit?: number;
}

const LIMIT = 20;
const MOST = 200;
/** Groups that are compared, the biggest ones of both times. */
const COMPARED = 1_000;
const DEFAULT_BY = ['sourceWorkload', 'destinationWorkload'] as const;

export const changesTool: Tool<ChangesArguments> = {
  name: 'changes',
  title: 'What changed',
  description:
    'Compares a time with an earlier one of the same length. Rows are groups by the size of their difference, up or down. "change" says whether a group is new, has ended, grew or shrank.',
  properties: {
    ...askedFlowsArguments,
    by: { ...byArgument, minItems: 1, default: DEFAULT_BY },
    measure: measureArgument,
    compare: { ...compareArgument, default: 'previous' },
    limit: limitArgument(LIMIT, MOST, 'groups'),
  },
  required: [],
  async answer(question) {
    const { given, source, signal } = question;
    const { limit = LIMIT, measure = 'octets', ...others } = given;
    const { from = DEFAULT_FROM, where = '', by = DEFAULT_BY, compare = 'previous' } = given;
    const asked = { from, where, by, compare, measures: [measure], top: COMPARED };
    const answer = await source.query(others.to === undefined ? asked : { ...asked, to: others.to }, signal);
    const changed = namedGroups(answer)
      .map((group) => ({ group, difference: differenceIn(group) }))
      .filter(({ difference }) => difference !== 0n)
      .sort((a, b) => byMagnitude(a.difference, b.difference));
    const rest = restOf(answer);
    const earlier = earlierOf(answer, compare);
    const before = answer.coverage.previous;
    return {
      head: {
        ...headOf(answer),
        earlier: { ...earlier, ...(before === undefined ? {} : { coverage: coveredTime(before) }) },
        ...(before?.gaps.length === 0 ? {} : { caution: UNEQUAL }),
        unchangedGroups: namedGroups(answer).length - changed.length,
      },
      rows: changed.slice(0, limit).map(({ group }) => changeOf(answer, group)),
      rowCount: rest === undefined ? changed.length : undefined,
      hasMore: changed.length > limit || rest !== undefined,
      rest: rest && changeOf(answer, rest),
      narrow: `raise "limit", add a condition to "where", or group by fewer dimensions: ${COMPARED} groups are compared one by one, all others as the rest`,
      empty: changed.length > 0 ? undefined : ((await emptyReason(answer, where, question)) ?? UNCHANGED),
      coverage: coverageOf(answer.coverage),
      command: commandFor(answer, source),
    };
  },
};

const UNEQUAL =
  'parts of the earlier time are not covered: a group may look new, or grown, for this reason alone';
const UNCHANGED = 'no change: every group has the same count in both times';

const previousOf = ({ previous: [count = 0] = [] }: Group) => count;
const differenceIn = (group: Group): bigint => differenceOf(group.totals[0]!, previousOf(group));

function earlierOf({ fromMs, toMs }: QueryAnswer, compare: string) {
  const earlierMs = compare === 'previous' ? 2 * fromMs - toMs : parseSince(compare, fromMs)!;
  return { from: utcText(earlierMs), to: utcText(toMs - (fromMs - earlierMs)) };
}

function changeOf({ by }: QueryAnswer, group: Group) {
  const [now, before] = [group.totals[0]!, previousOf(group)];
  return {
    ...(group.isRest ? {} : Object.fromEntries(by.map((name, i) => [name, group.key[i]!]))),
    change: before === 0 ? 'new' : now === 0 ? 'ended' : differenceIn(group) > 0n ? 'grew' : 'shrank',
    now,
    before,
    difference: writtenCount(differenceIn(group)),
  };
}
