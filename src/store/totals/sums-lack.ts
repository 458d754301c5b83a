import {
  type ConditionWord,
  type DimensionName,
  dimensionReadings,
  type FieldName,
  type FlowCondition,
  fieldConditionOf,
  fieldsIn,
  fieldsOfDimension,
  type NamespaceReader,
  reductionFor,
} from '../../flow/index.ts';
import { forSumTiers, type SumTier } from '../file-names.ts';
import { REST_OF_DESTINATIONS, REST_OF_ROWS, REST_OF_SOURCES, summedFields } from '../sum-columns.ts';
import type { TotalsWanted } from './wanted.ts';

/** What files of sums cannot tell of a question. */
export interface SumsLack {
  /** Fields that the condition reads, and that no row of sums has. */
  readonly conditionFields: readonly FieldName[];
  /** Dimensions that read a field that no row of sums has. */
  readonly dimensions: readonly DimensionName[];
  /** A row that is the rest of one of these cannot be tested by the condition. */
  readonly untested: number;
  /** A row that is the rest of one of these has no value in a dimension. */
  readonly valueless: number;
}

/** Of records, which have all. */
export const NOTHING_LACKS: SumsLack = { conditionFields: [], dimensions: [], untested: 0, valueless: 0 };

/** What each tier of sums cannot tell of a question. */
export type SumsLacks = Readonly<Record<SumTier, SumsLack>>;

export const lacksOfSums = (wanted: TotalsWanted): SumsLacks => {
  const lack = lackOfSums(wanted);
  return forSumTiers(() => lack);
};

function lackOfSums({ by, condition, reader }: TotalsWanted): SumsLack {
  const { mayRead, fieldsFor } = fieldsOfReader(reader);
  const tested = [...mayRead, ...fieldsOfCondition(condition).flatMap(fieldsFor)];
  const fieldsBy = (name: DimensionName) => fieldsForSums(name).flatMap(fieldsFor);
  const grouped = by.flatMap(fieldsBy);
  return {
    conditionFields: [...new Set(tested.filter((name) => !summedFields.includes(name)))],
    dimensions: by.filter((name) => !fieldsBy(name).every((field) => summedFields.includes(field))),
    untested: restsOf(tested),
    valueless: restsOf(grouped),
  };
}

/** The fields that say which rows somebody may read, and whether he may know the value of a field. */
function fieldsOfReader(reader: NamespaceReader | undefined) {
  if (reader === undefined) return { mayRead: [], fieldsFor: (name: FieldName) => [name] };
  const { mayRead, hides } = reductionFor({ readable: [], known: reader.knowsAnyEnd ? undefined : [] });
  const fieldsFor = (name: FieldName) => [
    name,
    ...hides.filter(({ fields }) => fields.includes(name)).flatMap(({ where }) => fieldsIn(where)),
  ];
  return { mayRead: fieldsIn(mayRead), fieldsFor };
}

function restsOf(fields: readonly FieldName[]): number {
  if (fields.length === 0) return 0;
  const source = fields.includes('sourceIP') ? REST_OF_SOURCES : 0;
  return REST_OF_ROWS | source | (fields.includes('destinationIP') ? REST_OF_DESTINATIONS : 0);
}

/** In sums the name of a workload is also there where only its Pod told it. */
function fieldsForSums(name: DimensionName): FieldName[] {
  const reading = dimensionReadings[name];
  const fields = fieldsOfDimension(name);
  return reading.kind === 'workload' ? fields.filter((field) => field !== reading.pod) : fields;
}

function fieldsOfCondition(condition: FlowCondition): FieldName[] {
  if ('all' in condition) return condition.all.flatMap(fieldsOfCondition);
  if ('any' in condition) return condition.any.flatMap(fieldsOfCondition);
  if ('not' in condition) return fieldsOfCondition(condition.not);
  const word: ConditionWord = 'exists' in condition ? condition.exists : condition.word;
  return word in dimensionReadings
    ? fieldsForSums(word as DimensionName)
    : fieldsIn(fieldConditionOf(condition));
}
