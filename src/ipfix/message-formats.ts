import type { ExportProtocol } from './export-protocol.ts';
import { v1Format, v5Format, v7Format, v9Format } from './netflow/index.ts';
import { sflowFormat } from './sflow/index.ts';
import {
  type DataSet,
  ipfixFormat,
  type MessageFormat,
  type MessageHandler,
  readDataSets,
  type TemplateStore,
} from './wire/index.ts';

/** How the messages of each protocol are read. */
export const messageFormats: Readonly<Record<ExportProtocol, MessageFormat>> = {
  ipfix: ipfixFormat,
  'netflow-v9': v9Format,
  'netflow-v7': v7Format,
  'netflow-v5': v5Format,
  'netflow-v1': v1Format,
  'sflow-v5': sflowFormat,
};

/** As `readDataSets`, for a message of any protocol. */
export function readExportedSets(
  protocol: ExportProtocol,
  bytes: Uint8Array,
  store: TemplateStore,
  handler: Omit<MessageHandler, 'data'>,
  arrivalSeconds?: number,
): Generator<DataSet> {
  return readDataSets(messageFormats[protocol], bytes, store, handler, arrivalSeconds);
}
