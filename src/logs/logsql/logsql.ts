import type { FlowCondition } from '../../flow/index.ts';
import {
  Conditions,
  EntryPlace,
  SUMMED_OCTETS,
  streamSelector,
  textLiteral,
  textOf,
} from '../filter-words/index.ts';
import { corePattern, defaultStaticLabels, type FlowLinesOptions, LogLayout } from '../flow-lines/index.ts';
import { fieldFilters } from './field-filters.ts';

/**
 * The LogsQL query for the flows for which a condition holds, one condition on each line. It
 * selects streams by their labels, then filters by index, and then on values from lines. It parses only what
 * it needs.
 *
 * @param options with which the flows are logged
 * @throws {TypeError} with the word, the value and what was expected
 * @throws {WeirError} WEIR_USAGE_LOG_QUERY for what no query language of logs can test
 */
export function logsqlOf(condition: FlowCondition, options: FlowLinesOptions = {}): string {
  const layout = new LogLayout(options);
  const conditions = new Conditions(condition, layout, fieldFilters);
  const filtersAt = (place: EntryPlace) => conditions.filtersAt(place).map((text) => `| filter ${text}`);
  return [
    streamSelector(condition, layout.labels, { ...defaultStaticLabels, ...options.staticLabels }),
    ...conditions.needles.map((needles) => eitherOf(needles.map(textLiteral))),
    ...conditions.at(EntryPlace.metadata).map((one) => ('any' in one ? `(${textOf(one)})` : textOf(one))),
    ...extractPipe(conditions),
    ...filtersAt(EntryPlace.core),
    ...logfmtPipe(conditions),
    ...filtersAt(EntryPlace.tail),
    ...sumPipes(conditions),
    ...filtersAt(EntryPlace.sum),
  ].join('\n  ');
}

const eitherOf = (filters: readonly string[]): string =>
  filters.length === 1 ? filters[0]! : `(${filters.join(' or ')})`;

/** Extracts the needed fields of a line's core. */
function extractPipe({ coreFields }: Conditions): string[] {
  const pattern = corePattern(coreFields);
  return pattern === undefined ? [] : [`| extract "${pattern}"`];
}

/** Extracts the needed further fields. */
function logfmtPipe({ tailFields }: Conditions): string[] {
  return tailFields.length === 0 ? [] : [`| unpack_logfmt fields (${tailFields.join(', ')})`];
}

/** A missing total has the record's value when the line left it out for that reason; "-" is no number. */
function sumPipes(conditions: Conditions): string[] {
  if (conditions.at(EntryPlace.sum).length === 0) return [];
  const leftOut = conditions.totals.flatMap(({ field, orElse }) =>
    orElse === undefined ? [] : [`| format if (${field}:"") "<${orElse}>" as ${field}`],
  );
  const sum = conditions.totals.map(({ field }) => `(${field} default 0)`).join(' + ');
  return [...leftOut, `| math ${sum} as ${SUMMED_OCTETS}`];
}
