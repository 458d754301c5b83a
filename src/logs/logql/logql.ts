import type { FilterWords } from '../../flow/index.ts';
import { Conditions, EntryPlace, SUMMED_OCTETS, streamSelector, textLiteral } from '../filter-words/index.ts';
import { corePattern, defaultStaticLabels, type FlowLinesOptions, LogLayout } from '../flow-lines/index.ts';
import { labelFilters } from './label-filters.ts';

/**
 * The query that finds in Loki the flows that pass a `FlowFilter` of these words, one stage a line: streams
 * by their labels, then what Loki looks for without parsing, then what it has to read from lines, and only
 * that.
 *
 * @param options with which the flows are logged
 * @throws {TypeError} naming the word, the value and what was expected
 */
export function logqlOf(words: FilterWords, options: FlowLinesOptions = {}): string {
  const layout = new LogLayout(options);
  const conditions = new Conditions(words, layout, labelFilters);
  const filters = (place: EntryPlace) => conditions.filtersAt(place).map((text) => `| ${text}`);
  return [
    streamSelector(words, layout.labels, { ...defaultStaticLabels, ...options.staticLabels }),
    ...conditions.needles.map((needles) => `|= ${needles.map(textLiteral).join(' or ')}`),
    ...filters(EntryPlace.metadata),
    ...patternStage(conditions),
    ...filters(EntryPlace.core),
    ...logfmtStage(conditions),
    ...filters(EntryPlace.tail),
    ...sumStage(conditions),
    ...filters(EntryPlace.sum),
  ].join('\n  ');
}

/** Names the fields of a line's core that are asked for. */
function patternStage({ coreFields }: Conditions): string[] {
  const pattern = corePattern(coreFields);
  return pattern === undefined ? [] : [`| pattern "${pattern}"`];
}

/** Names the further fields that are asked for. */
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
