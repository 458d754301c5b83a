import type { DimensionName, MeasureName } from '../../flow/index.ts';
import type { ExactCount, Group, QueryAnswer } from '../../query/contract/index.ts';
import { commandFor, coverageOf, headOf, namedGroups, restOf, rowOf, utcText } from '../answer-parts.ts';
import { emptyReason } from '../empty-reason.ts';
import { writtenCount } from '../exact-difference.ts';
import type { Tool } from '../tool.ts';
import {
  type AskedFlows,
  askedFlowsArguments,
  byArgument,
  DEFAULT_FROM,
  limitArgument,
  measureArgument,
} from '../tool-arguments.ts';

interface SeriesArguments extends AskedFlows {
  readonly by?: readonly DimensionName[];
  readonly measure?: MeasureName;
  readonly step?: string;
  readonly limit?: number;
}

const LIMIT = 5;
const MOST = 20;

export const seriesTool: Tool<SeriesArguments> = {
  name: 'series',
  title: 'Flows over time',
  description:
    'One measure over time, in buckets of equal length: for the biggest groups and for the rest of all others. Each row has its buckets in order, from "firstBucket" on; and their least, greatest, average and last value.',
  properties: {
    ...askedFlowsArguments,
    by: byArgument,
    measure: measureArgument,
    step: {
      type: 'string',
      minLength: 1,
      maxLength: 32,
      default: 'auto',
      description: 'Length of a bucket: "1m", "5m", "1h"; "auto" for some 200 buckets.',
    },
    limit: limitArgument(LIMIT, MOST, 'groups'),
  },
  required: [],
  async answer(question) {
    const { given, source, signal } = question;
    const {
      from = DEFAULT_FROM,
      where = '',
      limit = LIMIT,
      step = 'auto',
      measure = 'octets',
      ...others
    } = given;
    const asked = { ...others, from, where, step, measures: [measure], top: limit };
    const answer = await source.query(asked, signal);
    const rest = restOf(answer);
    const empty = await emptyReason(answer, where, question);
    return {
      head: { ...headOf(answer), ...bucketsOf(answer) },
      rows: empty === undefined ? namedGroups(answer).map((group) => seriesOf(answer, group)) : [],
      rowCount: empty === undefined ? answer.groupCount : 0,
      hasMore: rest !== undefined,
      rest: rest && seriesOf(answer, rest),
      narrow: 'lengthen "step", shorten the time, or ask for fewer groups',
      empty,
      coverage: coverageOf(answer.coverage),
      command: commandFor(answer, source),
    };
  },
};

function bucketsOf({ firstBucketMs, stepMs }: QueryAnswer) {
  if (stepMs === undefined || firstBucketMs === undefined) return {};
  return { firstBucket: utcText(firstBucketMs), bucketSeconds: stepMs / 1_000 };
}

function seriesOf(answer: QueryAnswer, group: Group) {
  const [buckets = []] = group.series ?? [];
  return { ...rowOf(answer, group), ...extentOf(buckets), buckets };
}

/** For reading at a glance. Counts above 2^53 are texts, and stay exact. */
function extentOf(buckets: readonly ExactCount[]) {
  if (buckets.length === 0) return {};
  const counts = buckets.map(BigInt).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const sum = counts.reduce((total, count) => total + count, 0n);
  return {
    least: writtenCount(counts[0]!),
    greatest: writtenCount(counts.at(-1)!),
    average: Math.round((Number(sum) / counts.length) * 10) / 10,
    last: buckets.at(-1)!,
  };
}
