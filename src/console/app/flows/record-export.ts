import { fieldNames } from '../../../flow/index.ts';
import type { RecordLine } from './record-line.ts';

/** What a spreadsheet takes for a formula. Names come from the network. */
const formula = /^[=+\-@\t\r]/;

/** A formula gets an apostrophe before it, which makes it a text. */
export function exportedCell(value: string | number | undefined): string {
  const text = String(value ?? '');
  const shown = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}

/** All fields that any of the records has, in the order of the record (RFC 4180). */
export function csvText(lines: readonly RecordLine[]): string {
  const names = new Set(lines.flatMap((line) => Object.keys(line)));
  const known: string[] = fieldNames.filter((name) => names.has(name));
  const columns = [...known, ...[...names].filter((name) => !known.includes(name))];
  const rows = lines.map((line) => columns.map((name) => exportedCell(line[name])).join(','));
  return `${[columns.map(exportedCell).join(','), ...rows].join('\r\n')}\r\n`;
}

/** A line for each record, as GET ../flows has them. */
export const jsonText = (lines: readonly RecordLine[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

export function downloadText(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
