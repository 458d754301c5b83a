import type { DimensionName } from '../../flow/index.ts';
import { commandFor, coverageOf, headOf, namedGroups, restOf, rowOf } from '../answer-parts.ts';
import { emptyReason } from '../empty-reason.ts';
import type { Tool } from '../tool.ts';
import {
  type AskedFlows,
  askedFlowsArguments,
  DEFAULT_FROM,
  dimensionArgument,
  limitArgument,
} from '../tool-arguments.ts';

interface PolicyArguments extends AskedFlows {
  readonly per?: DimensionName;
  readonly denied?: boolean;
  readonly limit?: number;
}

const LIMIT = 20;
const MOST = 200;
const DENIED = 'verdict=Drop,Reject';
const by = ['verdict', 'ingressPolicy', 'egressPolicy'] as const;
const measures = ['flows', 'deniedFlows', 'octets'] as const;

export const policyTool: Tool<PolicyArguments> = {
  name: 'policy',
  title: 'Who allowed or denied flows',
  description:
    'Network policies that allowed or denied flows. Each row has the verdict (Allow, Drop, Reject; null: no policy is known), the policy at the destination (ingressPolicy) and the one at the source (egressPolicy), with counts of flows.',
  properties: {
    ...askedFlowsArguments,
    per: dimensionArgument(
      'One more dimension for each row, such as "ingressRule" or "destinationWorkload": which rule, or whom it met.',
    ),
    denied: { type: 'boolean', default: false, description: 'Only flows that a policy dropped or rejected.' },
    limit: limitArgument(LIMIT, MOST),
  },
  required: [],
  async answer(question) {
    const { given, source, signal } = question;
    const { from = DEFAULT_FROM, to = 'now', limit = LIMIT, per, denied = false } = given;
    const where = denied ? onlyDenied(given.where) : (given.where ?? '');
    const dimensions = per === undefined || isGrouped(per) ? by : [...by, per];
    const answer = await source.query({ from, to, where, by: dimensions, measures, top: limit }, signal);
    const rest = restOf(answer);
    const empty = await emptyReason(answer, where, question);
    return {
      head: headOf(answer),
      rows: empty === undefined ? namedGroups(answer).map((group) => rowOf(answer, group)) : [],
      rowCount: empty === undefined ? answer.groupCount : 0,
      hasMore: rest !== undefined,
      rest: rest && rowOf(answer, rest),
      narrow: 'raise "limit", shorten the time, or add a condition to "where"',
      empty,
      coverage: coverageOf(answer.coverage),
      command: commandFor(answer, source),
    };
  },
};

const isGrouped = (dimension: DimensionName): boolean => by.some((name) => name === dimension);

const onlyDenied = (where = ''): string => (where.trim() === '' ? DENIED : `(${where}) and ${DENIED}`);
