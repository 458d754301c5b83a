import {
  ConditionError,
  dimensionNames,
  FlowFilter,
  type MeasureName,
  measureNames,
  parseCondition,
  suggestionText,
} from '../flow/index.ts';
import { parseDuration, parseSince } from '../runtime/index.ts';
import { type TimeSpan, tierMs } from '../store/index.ts';
import { type Query, type QueryText, questionBounds } from './contract/index.ts';
import { QueryError } from './query-error.ts';

const { defaultTop, mostTop, mostDimensions } = questionBounds;
/** Buckets of a question that leaves their length to Weir, about. */
const AUTO_BUCKETS = 200;
const MOST_BUCKETS = 2_000;
/** Counts of an answer: groups, with the rest, times buckets times measures. */
const MOST_COUNTS = 500_000;
const DAY_MS = 86_400_000;
const YEAR_MS = 366 * DAY_MS;
const MOST_MS = 10 * YEAR_MS;

/** The times that rows of sums have, the shortest first. */
const sumUnits = Object.values(tierMs);
/** An asked time has at least so many of the units with which it begins. */
const LEAST_UNITS = 100;

/** Lengths of buckets that people can read on an axis. */
const steps = [1, 2, 5, 10, 15, 30]
  .map((seconds) => seconds * 1_000)
  .concat([1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000))
  // Four hours have sums of their own.
  .concat([1, 2, 4, 12].map((hours) => hours * 3_600_000))
  .concat([1, 2, 7, 14, 28].map((days) => days * DAY_MS));

const fields = [
  'from',
  'to',
  'where',
  'by',
  'measures',
  'top',
  'step',
  'compare',
] as const satisfies readonly (keyof QueryText)[];

type UnreadText = Readonly<Record<keyof QueryText, unknown>>;

/**
 * Checks a question, which may be any value.
 * @throws {QueryError} with the field, what was expected and what was found
 */
export function readQuery(value: unknown, nowMs: number): Query {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new QueryError('query', 'a JSON object', value);
  for (const name of Object.keys(value)) {
    if (!(fields as readonly string[]).includes(name))
      throw new QueryError('query', `only ${fields.join(', ')}`, name);
  }
  const text = value as UnreadText;
  const asked = readSpan(text, nowMs);
  const span = spanOfUnits(asked, text);
  const query: Query = {
    ...span,
    where: readWhere(text.where),
    by: readNames('by', text.by, dimensionNames, mostDimensions),
    measures: readMeasures(text.measures),
    top: readTop(text.top),
    stepMs: readStep(text.step, lengthOf(asked)),
    compareMs: readCompare(text.compare, lengthOf(span)),
  };
  expectBounded(query);
  return query;
}

function readSpan({ from, to = 'now' }: UnreadText, nowMs: number): TimeSpan {
  const fromMs = readTime('from', from, nowMs);
  const toMs = to === 'now' ? Math.floor(nowMs) : readTime('to', to, nowMs);
  if (toMs <= fromMs) throw new QueryError('to', 'a time after "from"', to);
  if (toMs - fromMs > MOST_MS) throw new QueryError('from', 'at most ten years before "to"', from);
  return { fromMs, toMs };
}

/**
 * The longer the time, the less does "30d" ago mean a moment: it begins with the minute, hour and so on in
 * which it was. So nothing finer needs to be read, nor is missing where only sums are left.
 */
function spanOfUnits(span: TimeSpan, { from, to }: UnreadText): TimeSpan {
  const unitMs = sumUnits.findLast((ms) => ms * LEAST_UNITS <= lengthOf(span)) ?? 1;
  const startOf = (timeMs: number, text: unknown) =>
    durationOf(text) === undefined ? timeMs : Math.floor(timeMs / unitMs) * unitMs;
  return { fromMs: startOf(span.fromMs, from), toMs: startOf(span.toMs, to) };
}

const lengthOf = ({ fromMs, toMs }: TimeSpan): number => toMs - fromMs;

function readTime(field: 'from' | 'to', value: unknown, nowMs: number): number {
  const timeMs = typeof value === 'string' ? parseSince(value, nowMs) : undefined;
  if (timeMs === undefined)
    throw new QueryError(field, 'how long ago, such as "1h" or "7d", or a time in RFC 3339', value);
  return Math.floor(timeMs);
}

function readWhere(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new QueryError('where', 'a condition in a text', value);
  try {
    new FlowFilter(parseCondition(value));
    return value;
  } catch (error) {
    if (error instanceof ConditionError)
      throw new QueryError('where', error.expected, error.found, { place: placeOf(error) });
    throw new QueryError('where', (error as Error).message, value);
  }
}

/** "column 7", as the message of the error begins. */
const placeOf = ({ message }: ConditionError): string => message.split(':', 1)[0]!;

function readNames<N extends string>(
  field: 'by' | 'measures',
  value: unknown,
  known: readonly N[],
  most: number,
): readonly N[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > most)
    throw new QueryError(field, `a list of at most ${most} names`, value);
  const wrong = value.find((name) => !known.includes(name));
  if (wrong !== undefined || value.includes(undefined)) {
    const suggestion = typeof wrong === 'string' ? suggestionText(wrong, known) : '';
    throw new QueryError(field, `some of ${known.join(', ')}`, wrong, { suggestion });
  }
  if (new Set(value).size < value.length) throw new QueryError(field, 'each name once', value);
  return value as N[];
}

function readMeasures(value: unknown): readonly MeasureName[] {
  const names = readNames('measures', value, measureNames, measureNames.length);
  return names.length === 0 ? ['octets'] : names;
}

function readTop(value: unknown): number {
  if (value === undefined) return defaultTop;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > mostTop)
    throw new QueryError('top', `a whole number from 1 to ${mostTop}`, value);
  return value;
}

function readStep(value: unknown, lengthMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (value === 'auto')
    return steps.find((stepMs) => lengthMs / stepMs <= AUTO_BUCKETS) ?? Math.ceil(lengthMs / AUTO_BUCKETS);
  const stepMs = durationOf(value);
  if (stepMs === undefined || !Number.isInteger(stepMs) || stepMs < 1)
    throw new QueryError('step', '"auto", or a duration of whole milliseconds such as "1m"', value);
  if (lengthMs / stepMs > MOST_BUCKETS)
    throw new QueryError(
      'step',
      `a duration that divides the time into at most ${MOST_BUCKETS} buckets`,
      value,
    );
  return stepMs;
}

function readCompare(value: unknown, lengthMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (value === 'previous') return lengthMs;
  const earlierMs = durationOf(value);
  if (earlierMs === undefined || !Number.isInteger(earlierMs) || earlierMs < 1 || earlierMs > MOST_MS)
    throw new QueryError('compare', '"previous", or how much earlier, such as "1d"', value);
  return earlierMs;
}

function durationOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  return /^\d{1,6}d$/.test(value) ? Number(value.slice(0, -1)) * DAY_MS : parseDuration(value);
}

function expectBounded({ fromMs, toMs, stepMs, top, measures }: Query): void {
  if (stepMs === undefined) return;
  const counts = Math.ceil((toMs - fromMs) / stepMs) * (top + 1) * measures.length;
  if (counts > MOST_COUNTS)
    throw new QueryError(
      'top',
      `groups, buckets and measures that make at most ${MOST_COUNTS} counts`,
      counts,
    );
}
