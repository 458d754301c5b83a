import type { DimensionName } from '../../flow/index.ts';
import { commandFor, coverageOf, headOf, namedGroups, restOf } from '../answer-parts.ts';
import { emptyReason } from '../empty-reason.ts';
import type { Tool } from '../tool.ts';
import { type AskedFlows, askedFlowsArguments, dimensionArgument, limitArgument } from '../tool-arguments.ts';

interface NamesArguments extends AskedFlows {
  readonly of: DimensionName;
  readonly containing?: string;
  readonly limit?: number;
}

const LIMIT = 50;
const MOST = 500;
/** Names that are looked through, those of the most records. */
const LOOKED_THROUGH = 1_000;
const DEFAULT_FROM = '24h';

export const namesTool: Tool<NamesArguments> = {
  name: 'names',
  title: 'Names that exist',
  description:
    'Lists the values that a dimension has, such as namespaces or workloads: those with the most records first. Call it to find the exact name before a condition tests it.',
  properties: {
    of: dimensionArgument('The dimension: "sourceWorkload", "destinationNamespace", "service".'),
    containing: {
      type: 'string',
      minLength: 1,
      maxLength: 253,
      description: 'Only names that contain this text, in small or capital letters: "cart".',
    },
    ...askedFlowsArguments,
    from: { ...askedFlowsArguments.from, default: DEFAULT_FROM },
    limit: limitArgument(LIMIT, MOST, 'names'),
  },
  required: ['of'],
  async answer(question) {
    const { given, source, signal } = question;
    const { of, containing = '', from = DEFAULT_FROM, to = 'now', where = '', limit = LIMIT } = given;
    const asked = { from, to, where, by: [of], measures: ['records'] as const, top: LOOKED_THROUGH };
    const answer = await source.query(asked, signal);
    const rows = namedGroups(answer)
      .map(({ key: [name], totals: [records] }) => ({ name: name!, records }))
      .filter(({ name }) => name !== null && hasPart(name, containing));
    const isComplete = restOf(answer) === undefined;
    return {
      head: { of, ...headOf(answer) },
      rows: rows.slice(0, limit),
      rowCount: isComplete ? rows.length : undefined,
      hasMore: rows.length > limit || !isComplete,
      narrow: isComplete
        ? 'raise "limit", or name a part of the name in "containing"'
        : `only the ${LOOKED_THROUGH} names of the most records are looked through: add a condition to "where", or shorten the time`,
      empty: rows.length > 0 ? undefined : ((await emptyReason(answer, where, question)) ?? NONE),
      coverage: coverageOf(answer.coverage),
      command: commandFor(answer, source),
    };
  },
};

const NONE = 'filtered out: there are records of this time, and none has such a name in this dimension';

const hasPart = (name: string, part: string): boolean => name.toLowerCase().includes(part.toLowerCase());
