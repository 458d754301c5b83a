import { crc32 } from 'node:zlib';

/*
 * A line of JSON. Its last member is a checksum of all that comes before it:
 *
 *     {"left":41,"why":"age","records":1200,"crc32":"1c291ca3"}
 */

const sumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/** @param value with at least one member */
export function checkedLine(value: object): string {
  const text = JSON.stringify(value).slice(0, -1);
  return `${text},"crc32":"${sumOf(text)}"}\n`;
}

/** What a line says; undefined if it is damaged. A line of an older Weir has no checksum. */
export function valueOfLine(line: string): Readonly<Record<string, unknown>> | undefined {
  const [, text, sum] = /^(.*),"crc32":"([0-9a-f]{8})"\}$/s.exec(line) ?? [];
  if (text !== undefined && sum !== sumOf(text)) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
