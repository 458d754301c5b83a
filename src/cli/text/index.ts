/**
 * Flow records as text for people and spreadsheets: tables and lines.
 */
export { cutToWidth } from './cut.ts';
export { destinationText, type Flow, sourceText } from './ends.ts';
export {
  type JsonRecord,
  type PrintedFormat,
  printedFormats,
  type RecordPrinter,
  recordPrinter,
} from './record-text.ts';
export { Table, type TableColumn, type TerminalWidth } from './table.ts';
