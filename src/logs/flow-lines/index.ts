/**
 * Flows as lines of streams, in the encoding of Loki's push.proto. Knows nothing of the way there.
 */
export { ByteBuffer } from './byte-buffer.ts';
export { FlowLines, type FlowLinesOptions } from './flow-lines.ts';
export { writePair } from './label-pair.ts';
export {
  coreFields,
  defaultLogLayout,
  labelFieldNames,
  logFieldNames,
  MOST_LABELS,
  omittableFieldNames,
} from './log-layout.ts';
export { lengthKey, varint } from './protobuf.ts';
export { type Stream, type StreamPart, selectorOf } from './stream.ts';
export { verdictOf } from './verdict.ts';
