import type { FilterWords } from '../../flow/index.ts';
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
 * The query that finds in VictoriaLogs the flows that pass a `FlowFilter` of these words, one condition a
 * line: streams by their labels, then what VictoriaLogs has an index of, then what it has to read from lines,
 * and only that.
 *
 * @param options with which the flows are logged
 * @throws {TypeError} naming the word, the value and what was expected
 */
export function logsqlOf(words: FilterWords, options: FlowLinesOptions = {}): string {
  const layout = new LogLayout(options);
  const conditions = new Conditions(words, layout, fieldFilters);
  const filters = (place: EntryPlace) => conditions.filtersAt(place).map((text) => `| filter ${text}`);
  return [
    streamSelector(words, layout.labels, { ...defaultStaticLabels, ...options.staticLabels }),
    ...conditions.needles.map((needles) => either(needles.map(textLiteral))),
    ...conditions.at(EntryPlace.metadata).map((one) => ('any' in one ? `(${textOf(one)})` : textOf(one))),
    ...extractPipe(conditions),
    ...filters(EntryPlace.core),
    ...logfmtPipe(conditions),
    ...filters(EntryPlace.tail),
    ...sumPipes(conditions),
    ...filters(EntryPlace.sum),
  ].join('\n  ');
}

const either = (filters: readonly string[]): string =>
  filters.length === 1 ? filters[0]! : `(${filters.join(' or ')})`;

/** Names the fields of a line's core that are asked for. */
function extractPipe({ coreFields }: Conditions): string[] {
  const pattern = corePattern(coreFields);
  return pattern === undefined ? [] : [`| extract "${pattern}"`];
}

/** Names the further fields that are asked for. */
function logfmtPipe({ tailFields }: Conditions): string[] {
  return tailFields.length === 0 ? [] : [`| unpack_logfmt fields (${tailFields.join(', ')})`];
}

/**
 * A total that is not there is what the record counts, where the line says so by leaving it out; "-" is no
 * number.
 */
function sumPipes(conditions: Conditions): string[] {
  if (conditions.at(EntryPlace.sum).length === 0) return [];
  const leftOut = conditions.totals.flatMap(({ field, orElse }) =>
    orElse === undefined ? [] : [`| format if (${field}:"") "<${orElse}>" as ${field}`],
  );
  const sum = conditions.totals.map(({ field }) => `(${field} default 0)`).join(' + ');
  return [...leftOut, `| math ${sum} as ${SUMMED_OCTETS}`];
}
