import { printable } from '../runtime/index.ts';

/**
 * A cell of CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe before it,
 * as spreadsheets write such a text themselves. No name of Kubernetes begins so.
 */
export function csvCell(value: unknown): string {
  const plain = value === undefined ? '' : printable(String(value));
  const text = isFormula(plain) ? `'${plain}` : plain;
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** By the sign at its beginning, unless it is a number. */
const isFormula = (text: string): boolean => /^\s*[=+\-@]/.test(text) && !/^[+-]?\d+(\.\d+)?$/.test(text);
