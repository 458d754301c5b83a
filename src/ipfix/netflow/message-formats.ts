import {
  type DataSet,
  ipfixFormat,
  type MessageFormat,
  type MessageHandler,
  readDataSets,
  type TemplateStore,
} from '../wire/index.ts';
import type { ExportProtocol } from './export-protocol.ts';
import { v5Format } from './v5-reader.ts';
import { v9Format } from './v9-reader.ts';

export const messageFormats: Readonly<Record<ExportProtocol, MessageFormat>> = {
  ipfix: ipfixFormat,
  'netflow-v9': v9Format,
  'netflow-v5': v5Format,
};

/** As `readDataSets`, for a message of any protocol. */
export function readExportedSets(
  protocol: ExportProtocol,
  bytes: Uint8Array,
  store: TemplateStore,
  handler: Omit<MessageHandler, 'data'>,
): Generator<DataSet> {
  return readDataSets(messageFormats[protocol], bytes, store, handler);
}
