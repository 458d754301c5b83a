/**
 * The vocabulary of Weir: the flow record and its table of fields, batches of columns, filters, events of a
 * cluster, and the contracts of sinks. Pure: no clock, no network, nothing of Node, so that a browser can use
 * it as it is. Imports nothing.
 * Field names are those of RFC 7012's information elements and of Antrea's registry.
 */

export { AddressRanges, type NamedRange, readNetworks } from './address-ranges.ts';
export type { ClusterEvent, EventNames, EventSink } from './cluster-event.ts';
export type { Column, Columns } from './columns.ts';
export {
  type AddressField,
  allConditions,
  anyCondition,
  type Completion,
  type Completions,
  ConditionError,
  type ConditionWord,
  type CounterField,
  completeCondition,
  conditionBounds,
  conditionOfWords,
  conditionWords,
  type FieldCondition,
  type FilterWord,
  type FilterWords,
  type FlowCondition,
  fieldConditionOf,
  fieldsIn,
  filterWords,
  noCondition,
  oppositeCondition,
  parseCondition,
  printCondition,
  type RowRule,
  type SmallNumberField,
  type TextField,
  type Vocabulary,
} from './condition/index.ts';
export { Dictionary, MAX_NAME_OCTETS } from './dictionary.ts';
export { type Dimension, type DimensionName, dimensionNames, dimensions } from './dimension.ts';
export {
  type DimensionReading,
  dimensionReadings,
  fieldsOfDimension,
  type ReadingOf,
} from './dimension-reading.ts';
export {
  type DimensionKey,
  dimensionKeys,
  dimensionReader,
  dimensionText,
  V4_PREFIX_DIGITS,
  V6_PREFIX_DIGITS,
} from './dimension-value.ts';
export { ANTREA, type Element, type ElementType, IANA, REVERSE } from './element.ts';
export {
  BiflowDirection,
  connectionStateNames,
  EndReason,
  type Enumeration,
  FlowDirection,
  FlowType,
  hasPorts,
  numberOf,
  Observer,
  Protocol,
  protocolNumber,
  protocols,
  RuleAction,
} from './enumerations.ts';
export type { Field, Storage } from './field.ts';
export {
  elementsOf,
  type FieldName,
  type FieldsStoredAs,
  fieldNames,
  fieldOf,
  fields,
  type StorageOf,
} from './fields.ts';
export { enricherFields } from './fields-by-enrichers.ts';
export { proxyFields } from './fields-by-proxies.ts';
export { FlowFilter, namespaceOfName, rowTest } from './filter.ts';
export { type FlowEnd, parseFlowEnd, parseOctets } from './filter-values.ts';
export {
  addressOfEnd,
  BatchLayout,
  elementsPerRow,
  FlowBatch,
  MAX_ROWS,
  type Origin,
} from './flow-batch.ts';
export {
  type EnrichableField,
  enrichableFields,
  type FlowEnricher,
  type FlowFiller,
  type ReadableBatch,
  type ReadableColumn,
} from './flow-enricher.ts';
export { FlowFilling } from './flow-filling.ts';
export type { FlowSink } from './flow-sink.ts';
export type { FlowTally } from './flow-tally.ts';
export {
  type AddressRange,
  type AddressWords,
  formatAddress,
  IPV4_MAPPED,
  isAbsent,
  isIPv4,
  isLoopback,
  isUnset,
  parseAddress,
  parseAddressRange,
  rangeContains,
} from './ip-address.ts';
export { JsonWriter } from './json-writer.ts';
export {
  type EventKind,
  type EventsAnswer,
  eventKindNames,
  eventKinds,
  eventObjectText,
  type KeptEvent,
  keptEventOf,
} from './kept-event.ts';
export { type MeasureName, measureNames, measures } from './measure.ts';
export {
  type CountedMeasure,
  counterPairs,
  ExactSum,
  fieldsOfMeasure,
  isSummed,
  knownCount,
  MOST_COUNT,
  measureAdder,
  recordTest,
  type SumOfRows,
  summedCounters,
  TCP_FIN,
  TCP_RST,
} from './measure-value.ts';
export {
  type MissedRecords,
  missedReasonIn,
  missedRecordsIn,
  missedRecordsLine,
  missedRecordsText,
} from './missed-records.ts';
export { portsOf, serviceName } from './port-names.ts';
export {
  type FlowRecord,
  isUntold,
  NO_ICMP_TYPE,
  readRecord,
  recordToJson,
} from './record.ts';
export { RecordLines } from './record-lines.ts';
export { batchOf, writeRecord } from './record-writer.ts';
export {
  type FlowView,
  type Identity,
  identityFields,
  type KnownNamespaces,
  type MetNamespaces,
  metNamespaceFields,
  metNamespacesIn,
  type NamespaceReader,
  type Reduction,
  reducedBatch,
  reductionFor,
  rowsIn,
  viewFor,
} from './reduction/index.ts';
export { RepeatedName } from './repeated-name.ts';
export {
  ByteBuffer,
  formatBitRate,
  formatCount,
  formatOctets,
  formatSpan,
  LAST_INSTANT_MS,
  Literal,
  NamedValues,
  nearestName,
  suggestionText,
  timeOf,
  timeText,
  writeAddress,
  writeDecimal,
  writeTime,
} from './text/index.ts';
export { canTurn, turnedFieldsOf, turnRecord } from './turned-record.ts';
export { verdictOf } from './verdict.ts';
export { workloadEndings, workloadLength, workloadOfLabels } from './workload-name.ts';
