import {
  allConditions,
  conditionOfWords,
  type FilterWord,
  type FilterWords,
  type FlowCondition,
  FlowFilter,
  filterWords,
  parseCondition,
  parseOctets,
} from '../../flow/index.ts';
import { HttpError } from '../../http/index.ts';
import { type Clock, parseSince } from '../../runtime/index.ts';

/** The query of a client of /flows. */
export interface FlowsQuery {
  readonly condition: FlowCondition;
  /** Of this condition. */
  readonly filter: FlowFilter;
  /** Milliseconds since 1970. */
  readonly sinceMs: number | undefined;
  /** Only the newest ones, this many. */
  readonly last: number | undefined;
  readonly follow: boolean;
}

/** What a query may have besides the filter words, once each, and what it looks like. */
export const flowsParameters = {
  where: 'a condition as text',
  since: 'a duration such as "10m" or a time in RFC 3339',
  last: 'a whole number of at most nine digits',
  follow: 'true or false',
} as const;

export type FlowsParameter = keyof typeof flowsParameters;

/** @throws {HttpError} with what was expected */
export function readFlowsQuery(parameters: URLSearchParams, clock: Clock): FlowsQuery {
  const words: { [W in FilterWord]?: string[] } = {};
  for (const [name, value] of parameters) {
    if (Object.hasOwn(filterWords, name)) {
      const word = name as FilterWord;
      words[word] = [...(words[word] ?? []), value];
    } else if (!Object.hasOwn(flowsParameters, name)) {
      const known = [...Object.keys(filterWords), ...Object.keys(flowsParameters)].join(', ');
      throw new HttpError(400, `there is no parameter ${name}; there are ${known}`);
    }
  }
  return {
    ...filterOf(words, onlyValue(parameters, 'where')),
    sinceMs: sinceOf(onlyValue(parameters, 'since'), clock),
    last: lastOf(onlyValue(parameters, 'last')),
    follow: followOf(onlyValue(parameters, 'follow')),
  };
}

function onlyValue(parameters: URLSearchParams, name: FlowsParameter): string | undefined {
  const values = parameters.getAll(name);
  if (values.length > 1)
    throw new HttpError(400, `${name}: expected it once, found it ${values.length} times`);
  return values[0];
}

/** The words and the text must both hold. */
function filterOf(words: FilterWords, where = ''): Pick<FlowsQuery, 'condition' | 'filter'> {
  try {
    const condition = allConditions(conditionOfWords(words), conditionOf(where));
    const filter = new FlowFilter(condition);
    for (const value of words['min-octets'] ?? []) expectCounterValue(value);
    return { condition, filter };
  } catch (error) {
    throw new HttpError(400, (error as Error).message);
  }
}

function conditionOf(where: string): FlowCondition {
  try {
    return parseCondition(where);
  } catch (error) {
    throw new TypeError(`where: ${(error as Error).message}`);
  }
}

/** No counter of a flow has more than 64 bits. */
function expectCounterValue(value: string): void {
  const octets = parseOctets(value.replace(/^!/, ''));
  if (octets !== undefined && octets >= 2 ** 64) rejectParameter('min-octets', 'octets below 2^64', value);
}

function sinceOf(text: string | undefined, clock: Clock): number | undefined {
  if (text === undefined) return undefined;
  return parseSince(text, clock.now()) ?? rejectParameter('since', flowsParameters.since, text);
}

function lastOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : rejectParameter('last', flowsParameters.last, text);
}

function followOf(text = 'false'): boolean {
  return (
    text === 'true' || (text === 'false' ? false : rejectParameter('follow', flowsParameters.follow, text))
  );
}

function rejectParameter(name: string, expected: string, found: string): never {
  throw new HttpError(400, `${name}: expected ${expected}, found "${found}"`);
}
