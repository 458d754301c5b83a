import { dimensionNames, dimensions, measureNames, measures } from '../flow/index.ts';
import { questionBounds } from '../query/contract/index.ts';
import type { ArgumentSchema } from './tool.ts';

/** The time and the flows that most tools are asked about. */
export interface AskedFlows {
  readonly from?: string;
  readonly to?: string;
  readonly where?: string;
}

export const DEFAULT_FROM = '1h';

/** Longer conditions would leave no room for the answer. */
const MOST_CONDITION = 2_000;
/** No time is longer. */
const MOST_TIME = 64;

const TIME_TEXT = 'a time in RFC 3339 with its zone ("2026-01-31T14:00:00+01:00"; without a zone it is UTC)';

export const timeArgument = (description: string): ArgumentSchema => ({
  type: 'string',
  minLength: 1,
  maxLength: MOST_TIME,
  description: `${description}: ${TIME_TEXT}, or how long ago ("90m", "7d").`,
});

export const fromArgument: ArgumentSchema = {
  ...timeArgument('Begin'),
  default: DEFAULT_FROM,
};

export const toArgument: ArgumentSchema = {
  type: 'string',
  minLength: 1,
  maxLength: MOST_TIME,
  default: 'now',
  description: `End: ${TIME_TEXT}, or "now".`,
};

export const whereArgument: ArgumentSchema = {
  type: 'string',
  maxLength: MOST_CONDITION,
  description: `Only flows for which this condition holds: WORD=VALUE joined by "and", "or", "not" and parentheses. Default all.
Several values: port=80,443. A value with other characters than letters, digits and -_.:/ is quoted: sourcePod="a b".
Words: namespace, node, peer, src, dst, port, proto, type, action, policy, min-octets, and each name of the argument "by" of the tool "top".
A workload at either end: sourceWorkload=shop/cart or destinationWorkload=shop/cart.
Examples: namespace=shop and not port=53; dst=10.0.0.0/8 and verdict=Drop,Reject; service exists.`,
};

export const askedFlowsArguments = { from: fromArgument, to: toArgument, where: whereArgument };

const dimensionList = dimensionNames.map((name) => `${name}: ${dimensions[name].description}`).join('. ');
const measureList = measureNames.map((name) => `${name}: ${measures[name].description}`).join('. ');

export const dimensionArgument = (description: string): ArgumentSchema => ({
  type: 'string',
  enum: dimensionNames,
  description,
});

export const byArgument: ArgumentSchema = {
  type: 'array',
  items: { type: 'string', enum: dimensionNames },
  maxItems: questionBounds.mostDimensions,
  uniqueItems: true,
  default: [],
  description: `What flows are grouped by, at most ${questionBounds.mostDimensions}. Without it all flows are one group. Example: ["sourceWorkload", "destinationWorkload"]. ${dimensionList}.`,
};

export const measuresArgument: ArgumentSchema = {
  type: 'array',
  items: { type: 'string', enum: measureNames },
  minItems: 1,
  maxItems: measureNames.length,
  uniqueItems: true,
  default: ['octets'],
  description: `What is counted; the first determines the order. ${measureList}.`,
};

export const measureArgument: ArgumentSchema = {
  type: 'string',
  enum: measureNames,
  default: 'octets',
  description: `What is counted. ${measureList}.`,
};

export const compareArgument: ArgumentSchema = {
  type: 'string',
  minLength: 1,
  maxLength: MOST_TIME,
  description:
    'Also count an earlier time of the same length: "previous" for the one just before, or how much earlier: "1d", "7d".',
};

/** How many rows an answer has. */
export const limitArgument = (byDefault: number, most: number, what = 'rows'): ArgumentSchema => ({
  type: 'integer',
  minimum: 1,
  maximum: most,
  default: byDefault,
  description: `Maximum number of ${what}: 1 to ${most}, default ${byDefault}.`,
});
