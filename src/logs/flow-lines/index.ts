/** Flows as lines of streams, in the encoding of Loki's push.proto. Knows nothing of their delivery. */
export {
  defaultStaticLabels,
  EARLIEST_MS,
  FlowLines,
  type FlowLinesOptions,
  LATEST_MS,
} from './flow-lines.ts';
export { writePair } from './label-pair.ts';
export { LineReader, type LoggedFlow, type LoggedLine } from './line-reader.ts';
export {
  coreFields,
  corePattern,
  defaultLogLayout,
  type LabelField,
  type LogField,
  LogLayout,
  labelFieldNames,
  lineFieldNames,
  logFieldNames,
  MOST_LABELS,
  omittableFieldNames,
} from './log-layout.ts';
export { lengthKey, varintOctets } from './protobuf.ts';
export { Stream, type StreamPart, selectorOf } from './stream.ts';
export { quotedText } from './text.ts';
export { OTHER_VALUE } from './value-budget.ts';
