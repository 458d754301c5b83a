import { printableText } from '../runtime/index.ts';

/**
 * A cell of CSV (RFC 4180). A text that a spreadsheet would read as a formula gets an apostrophe before it,
 * as spreadsheets themselves do. No Kubernetes name begins with one.
 */
export function csvCell(value: unknown): string {
  const plain = value === undefined ? '' : printableText(String(value));
  const text = isFormula(plain) ? `'${plain}` : plain;
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A formula begins with a sign and is no number. */
const isFormula = (text: string): boolean => /^\s*[=+\-@]/.test(text) && !/^[+-]?\d+(\.\d+)?$/.test(text);
