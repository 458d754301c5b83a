/**
 * The IPFIX codec: decodes and encodes messages, templates and records (RFC 7011, 7012, 5103, 6313).
 * Pure: no sockets, no clock, no state but the given template store. Octets from outside never throw: each
 * fault is one `DecodeError` with its place. Flows move between octets and the columns of a batch; other
 * records are read as plain values. The meaning of flows, their sender and the reaction to a fault are up to
 * the caller.
 */
export { ByteReader } from './byte-reader.ts';
export { ByteWriter } from './byte-writer.ts';
export {
  type ColumnMapping,
  type ColumnTarget,
  columnOf,
  flowFieldsOf,
  targetsOf,
} from './column-mapping.ts';
export { ColumnReader, type ReaderKind } from './column-reader.ts';
export type { ColumnsBeside } from './column-reader-code.ts';
export { ColumnWriter } from './column-writer.ts';
export type { DataSet } from './data-set.ts';
export { type DataType, dataTypes, naturalLength, variableLength } from './data-type.ts';
export {
  type DecodeError,
  type DecodeErrorHandler,
  type DecodePlace,
  type DecodeReason,
  decodeReasons,
  describeDecodeError,
} from './decode-error.ts';
export { numberOfDataType } from './element-information.ts';
export { numberOfElement, numbersOfElement, textOfElement } from './element-value.ts';
export {
  elementKey,
  elementNamed,
  elementOf,
  type InformationElement,
  knownElement,
  reverseEnterprise,
} from './information-element.ts';
export {
  type MessageContext,
  type MessageHandler,
  reportError,
  type SampleNumbers,
  type SkippedSamples,
} from './message-handler.ts';
export {
  ipfixVersion,
  type MessageHeader,
  maxMessageOctets,
  messageHeaderOctets,
  type NetflowHeader,
  setHeaderOctets,
} from './message-header.ts';
export {
  endOfSets,
  ipfixFormat,
  type MessageFormat,
  MessageReader,
  messageLengthAt,
  readDataSets,
  readMessage,
  setReader,
} from './message-reader.ts';
export { MessageWriter } from './message-writer.ts';
export { dataRecordToJson, type Json } from './record-json.ts';
export { readRecords } from './record-reader.ts';
export { SingleSetReader } from './single-set.ts';
export {
  createTemplate,
  layoutFrom,
  minimumDataSetId,
  type Template,
  type TemplateField,
} from './template.ts';
export { announceTemplate, refuseTemplate } from './template-announcement.ts';
export { TemplateStore, type TemplateStoreOptions } from './template-store.ts';
export {
  notDecoded,
  protocolName,
  type UndecodedProtocol,
  undecodedProtocolOf,
} from './undecoded-protocol.ts';
export type { BasicList, DataRecord, SubTemplateList, SubTemplateMultiList, Value } from './value.ts';
