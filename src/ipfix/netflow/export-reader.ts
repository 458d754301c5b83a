import {
  type DataSet,
  type MessageHandler,
  type MessageReading,
  type OpenMessage,
  openMessage,
  readDataSets,
  type TemplateStore,
} from '../wire/index.ts';
import type { ExportProtocol } from './export-protocol.ts';
import { openV5Message } from './v5-reader.ts';
import { openV9Message } from './v9-reader.ts';

const openers: Readonly<Record<ExportProtocol, OpenMessage>> = {
  ipfix: openMessage,
  'netflow-v9': openV9Message,
  'netflow-v5': openV5Message,
};

/** As `openMessage`, for a message of any protocol. */
export function openExport(
  protocol: ExportProtocol,
  bytes: Uint8Array,
  store: TemplateStore,
  handler: MessageHandler,
  start: number,
  end: number,
): MessageReading | undefined {
  return openers[protocol](bytes, store, handler, start, end);
}

/** As `readDataSets`, for a message of any protocol. */
export function readExportedSets(
  protocol: ExportProtocol,
  bytes: Uint8Array,
  store: TemplateStore,
  handler: Omit<MessageHandler, 'data'>,
): Generator<DataSet> {
  return readDataSets(bytes, store, handler, openers[protocol]);
}
