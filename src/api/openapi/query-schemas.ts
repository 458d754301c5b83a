import { dimensions, measureNames, measures } from '../../flow/index.ts';
import {
  type AnswerCoverage,
  type Gap,
  type Group,
  gapReasons,
  type QueryAnswer,
  type QueryText,
  questionBounds,
  type TierName,
  type TimeCoverage,
} from '../../query/index.ts';
import type { JsonSchema } from '../../runtime/index.ts';
import type { UsedValuesAnswer } from '../query/index.ts';
import type { NamedSchemas } from './api-operation.ts';
import {
  choiceSchema,
  countSchema,
  flagSchema,
  listSchema,
  objectSchema,
  schemaNamed,
  textSchema,
} from './json-schemas.ts';

const { defaultTop, mostTop, mostDimensions } = questionBounds;

/** Names of a table, with the meaning of each. */
const namesSchema = (table: Readonly<Record<string, { readonly description: string }>>): JsonSchema => ({
  type: 'string',
  oneOf: Object.entries(table).map(([name, { description }]) => ({ const: name, description })),
});

/** The values of a question. Those of a body are those of an address, too. */
export const questionProperties: { readonly [Name in keyof QueryText]-?: JsonSchema } = {
  from: textSchema(
    'A time in RFC 3339, or how long ago: `1h`, `7d`. The latter is rounded down to a whole minute, hour, four hours or day. The longest one counts that fits 100 times into the asked time.',
  ),
  to: { ...textSchema('A time in RFC 3339, or `now`.'), default: 'now' },
  where: { ...textSchema('Which flows: a condition as text.'), default: '' },
  by: {
    ...listSchema(schemaNamed('Dimension'), 'What flows are grouped by.'),
    maxItems: mostDimensions,
    uniqueItems: true,
    default: [],
  },
  measures: {
    ...listSchema(schemaNamed('Measure'), 'What is counted. The first determines the top groups.'),
    maxItems: measureNames.length,
    uniqueItems: true,
    default: ['octets'],
  },
  top: {
    type: 'integer',
    minimum: 1,
    maximum: mostTop,
    default: defaultTop,
    description: 'Groups to name. All others are one more group.',
  },
  step: textSchema('Length of the time buckets, such as `1m`; `auto` for some 200. Default: only totals.'),
  compare: textSchema('Also count an earlier time: `previous`, or how much earlier, such as `1d`.'),
};

const tiers = ['records', 'minutes', 'hours', 'fourHours', 'days'] as const satisfies readonly TierName[];
const timeMs = (description: string): JsonSchema => ({
  type: 'integer',
  description: `${description}, in milliseconds since 1970.`,
});
const countsSchema = (description: string): JsonSchema => listSchema(schemaNamed('ExactCount'), description);

const timeCoverage = {
  coveredFromMs: timeMs('From when on the history covers the time. Without it nothing is covered'),
  coveredToMs: timeMs('Up to when records are stored'),
  gaps: listSchema(schemaNamed('Gap'), 'Times with missing records: at most 200, the longest.'),
};

export const querySchemas: NamedSchemas = {
  Dimension: namesSchema(dimensions),
  Measure: namesSchema(measures),
  ExactCount: {
    description: 'A count: a number up to 2^53, a decimal text above.',
    anyOf: [
      { type: 'integer', minimum: 0 },
      { type: 'string', pattern: '^\\d+$' },
    ],
  },
  Question: objectSchema<QueryText>(questionProperties, [
    ...(['to', 'where', 'by', 'measures', 'top', 'step', 'compare'] as const),
  ]),
  Group: objectSchema<Group>(
    {
      key: listSchema(
        { type: ['string', 'null'] },
        'A value for each dimension; null where records have none. Empty for the rest.',
      ),
      isRest: flagSchema('Whether it sums up all groups that are not named.'),
      totals: countsSchema('In the order of the measures.'),
      previous: countsSchema('The same of the compared time.'),
      series: listSchema(
        { type: 'array', items: schemaNamed('ExactCount') },
        'For each measure, a count for each bucket.',
      ),
    },
    ['previous', 'series'],
  ),
  Gap: objectSchema<Gap>({
    fromMs: timeMs('Begin'),
    toMs: timeMs('End'),
    why: choiceSchema(gapReasons, 'Why records are missing, all or some.'),
  }),
  TimeCoverage: objectSchema<TimeCoverage>(timeCoverage, ['coveredFromMs', 'coveredToMs']),
  Coverage: objectSchema<AnswerCoverage>(
    {
      tiers: listSchema(choiceSchema(tiers, 'A tier has records, or sums of them.'), 'What answered.'),
      ...timeCoverage,
      previous: schemaNamed('TimeCoverage'),
      unreadableRecords: countSchema(
        'Records that could not be read. Absent: some, for a caller who may read some namespaces only.',
      ),
      files: countSchema('Files that were read. Absent for such a caller.'),
      rows: countSchema('Records or sums that were read. Absent for such a caller.'),
      durationMs: countSchema('Milliseconds that the answer took.'),
      notices: listSchema({ type: 'string' }, 'Sentences for people.'),
    },
    ['coveredFromMs', 'coveredToMs', 'previous', 'unreadableRecords', 'files', 'rows'],
  ),
  Answer: objectSchema<QueryAnswer>(
    {
      fromMs: timeMs('Begin'),
      toMs: timeMs('End'),
      stepMs: countSchema('Length of a time bucket in milliseconds.'),
      firstBucketMs: timeMs('Begin of the first bucket, not after `fromMs`'),
      by: listSchema(schemaNamed('Dimension'), 'The dimensions.'),
      measures: listSchema(schemaNamed('Measure'), 'The measures.'),
      groups: listSchema(schemaNamed('Group'), 'The top groups, and the rest as the last.'),
      totals: countsSchema('Of all groups together.'),
      previousTotals: countsSchema('The same of the compared time.'),
      groupCount: countSchema('Groups that there are, named or not.'),
      coverage: schemaNamed('Coverage'),
      command: textSchema('The `weir` command that prints the same numbers.'),
    },
    ['stepMs', 'firstBucketMs', 'previousTotals'],
  ),
  UsedValues: objectSchema<UsedValuesAnswer>({
    dimension: schemaNamed('Dimension'),
    values: listSchema({ type: 'string' }, 'The most frequent first.'),
  }),
};
