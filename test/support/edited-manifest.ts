import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkedLine, valueOfLine } from '../../src/store/checked-line.ts';

type Line = Readonly<Record<string, unknown>>;

/** Writes the list of files of a history anew, with other lines. */
export function editManifest(directory: string, edit: (line: Line) => Line): void {
  const path = join(directory, 'manifest.jsonl');
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  writeFileSync(path, lines.map((line) => checkedLine(edit(valueOfLine(line)!))).join(''));
}

/** Turns the first file of records into one of a later Weir. */
export const ofLaterLayout = (directory: string): void =>
  editManifest(directory, (line) => {
    const came = line.came as { readonly number: number } | undefined;
    return came?.number === 1 ? { ...line, came: { ...came, schema: 99 } } : line;
  });
