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
import {
  REST_OF_DESTINATIONS,
  REST_OF_ROWS,
  REST_OF_SOURCES,
  summedFields,
  sumsForm,
} from '../sum-columns.ts';
import type { TotalsWanted } from './wanted.ts';

/** What files of sums cannot tell of a question. */
export interface SumsLack {
  /** Fields without which the tier is not read, such as those of the condition, and that no row of it has. */
  readonly neededFields: readonly FieldName[];
  /** Dimensions that read a field that no row of sums has. */
  readonly dimensions: readonly DimensionName[];
  /** A row that is the rest of one of these cannot be tested by the condition. */
  readonly untested: number;
  /** A row that is the rest of one of these has no value in a dimension. */
  readonly valueless: number;
}

/** Of records, which have all. */
export const NOTHING_LACKS: SumsLack = { neededFields: [], dimensions: [], untested: 0, valueless: 0 };

/** For each tier of sums, what of a question it cannot answer. */
export type SumsLacks = Readonly<Record<SumTier, SumsLack>>;

export const lacksOfSums = (wanted: TotalsWanted): SumsLacks =>
  forSumTiers((tier) => lackOfSums(wanted, tier));

function lackOfSums({ by, condition, reader }: TotalsWanted, tier: SumTier): SumsLack {
  const { mayRead, fieldsFor } = fieldsOfReader(reader);
  const tested = [...mayRead, ...fieldsOfCondition(condition, tier).flatMap(fieldsFor)];
  const fieldsBy = (name: DimensionName) => fieldsForSums(name, tier).flatMap(fieldsFor);
  const grouped = by.flatMap(fieldsBy);
  const known = summedFields(tier);
  const areKnown = (fields: readonly FieldName[]) => fields.every((name) => known.includes(name));
  const lack = { untested: restsOf(tested), valueless: restsOf(grouped) };
  const unknownAmong = (fields: readonly FieldName[]) => [
    ...new Set(fields.filter((name) => !known.includes(name))),
  ];
  // Sums of pairs are read only where they have all. Finer ones have as much, and more fields.
  return sumsForm[tier].hasNodes
    ? {
        ...lack,
        neededFields: unknownAmong(tested),
        dimensions: by.filter((name) => !areKnown(fieldsBy(name))),
      }
    : { ...lack, neededFields: unknownAmong([...tested, ...grouped]), dimensions: [] };
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

/** In sums a workload is also named where only its Pod told it. A node that stands for one is there. */
function fieldsForSums(name: DimensionName, tier: SumTier): FieldName[] {
  const reading = dimensionReadings[name];
  const fields = fieldsOfDimension(name);
  if (reading.kind !== 'workload') return fields;
  const { pod, node } = reading;
  return fields.filter((field) => field !== pod && (field !== node || sumsForm[tier].hasNodes));
}

function fieldsOfCondition(condition: FlowCondition, tier: SumTier): FieldName[] {
  const fieldsOf = (each: FlowCondition) => fieldsOfCondition(each, tier);
  if ('all' in condition) return condition.all.flatMap(fieldsOf);
  if ('any' in condition) return condition.any.flatMap(fieldsOf);
  if ('not' in condition) return fieldsOf(condition.not);
  const word: ConditionWord = 'exists' in condition ? condition.exists : condition.word;
  return word in dimensionReadings
    ? fieldsForSums(word as DimensionName, tier)
    : fieldsIn(fieldConditionOf(condition));
}
