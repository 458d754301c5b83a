import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** Leaves a history as a Weir has written it that knows no sums by four hours and by day. */
export function withoutLongSums(directory: string): void {
  const isLong = (name: string) => /fourHours|days/.test(name);
  for (const name of readdirSync(directory)) if (isLong(name)) rmSync(join(directory, name));
  const path = join(directory, 'manifest.jsonl');
  const isKept = ({ tier }: { readonly tier: string }) => !isLong(tier);
  const short = (value: object) =>
    Object.fromEntries(Object.entries(value).filter(([tier]) => isKept({ tier })));
  const kept = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .flatMap((text) => {
      // Lines without a number may be left out.
      const { line: _, crc32: __, deletedMs: ___, ...what } = JSON.parse(text);
      if (what.summed !== undefined && !isKept(what.summed)) return [];
      if (what.sums !== undefined) what.sums = what.sums.filter(isKept);
      for (const byTier of ['departedSums', 'sumsBegin', 'goneMs'])
        if (what[byTier] !== undefined) what[byTier] = short(what[byTier]);
      return [`${JSON.stringify(what)}\n`];
    });
  writeFileSync(path, kept.join(''));
}
