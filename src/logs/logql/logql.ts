import type { FlowCondition } from '../../flow/index.ts';
import { Conditions, EntryPlace, SUMMED_OCTETS, streamSelector, textLiteral } from '../filter-words/index.ts';
import { corePattern, defaultStaticLabels, type FlowLinesOptions, LogLayout } from '../flow-lines/index.ts';
import { labelFilters } from './label-filters.ts';

/**
 * The LogQL query for the flows for which a condition holds, one stage on each line. It selects streams by
 * their labels, then filters without parsing, and then on values from lines. It parses only what it needs.
 *
 * @param options with which the flows are logged
 * @throws {TypeError} with the word, the value and what was expected
 * @throws {WeirError} WEIR_USAGE_LOG_QUERY for what no query language of logs can test
 */
export function logqlOf(condition: FlowCondition, options: FlowLinesOptions = {}): string {
  const layout = new LogLayout(options);
  const conditions = new Conditions(condition, layout, labelFilters);
  const filtersAt = (place: EntryPlace) => conditions.filtersAt(place).map((text) => `| ${text}`);
  return [
    streamSelector(condition, layout.labels, { ...defaultStaticLabels, ...options.staticLabels }),
    ...conditions.needles.map((needles) => `|= ${needles.map(textLiteral).join(' or ')}`),
    ...filtersAt(EntryPlace.metadata),
    ...patternStage(conditions),
    ...filtersAt(EntryPlace.core),
    ...logfmtStage(conditions),
    ...filtersAt(EntryPlace.tail),
    ...sumStage(conditions),
    ...filtersAt(EntryPlace.sum),
  ].join('\n  ');
}

/** Extracts the needed fields of a line's core. */
function patternStage({ coreFields }: Conditions): string[] {
  const pattern = corePattern(coreFields);
  return pattern === undefined ? [] : [`| pattern "${pattern}"`];
}

/** Extracts the needed further fields. */
function logfmtStage({ tailFields }: Conditions): string[] {
  return tailFields.length === 0 ? [] : [`| logfmt ${tailFields.join(', ')}`];
}

function sumStage(conditions: Conditions): string[] {
  if (conditions.at(EntryPlace.sum).length === 0) return [];
  const [forth, back] = conditions.totals.map(({ field, orElse }) =>
    orElse === undefined ? `(float64 .${field})` : `(or .${field} .${orElse} | float64)`,
  );
  return [`| label_format ${SUMMED_OCTETS}=${textLiteral(`{{ addf ${forth} ${back} }}`)}`];
}
