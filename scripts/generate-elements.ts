/**
 * Generates src/ipfix/wire/element-table.ts from src/ipfix/wire/registry/*.csv. Run it after changing a
 * registry; a test checks that the committed table is current.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dataTypes } from '../src/ipfix/wire/data-type.ts';

const registry = new URL('../src/ipfix/wire/registry/', import.meta.url);
const table = new URL('../src/ipfix/wire/element-table.ts', import.meta.url);

/** The text of the module, enterprises in ascending order so that IANA's elements come first. */
export function renderElementTable(): string {
  const files = readdirSync(registry).filter((name) => name.endsWith('.csv'));
  const rows = files.flatMap(readRegistry).sort((a, b) => a.enterprise - b.enterprise || a.id - b.id);
  const lines = rows.map(
    ({ enterprise, id, name, type }) => `  [${enterprise}, ${id}, '${name}', '${type}'],`,
  );
  return `// Written by scripts/generate-elements.ts from registry/*.csv. Change those, not this.
import type { DataType } from './data-type.ts';

export type ElementRow = readonly [enterprise: number, id: number, name: string, type: DataType];

export const elementTable: readonly ElementRow[] = [
${lines.join('\n')}
];
`;
}

function readRegistry(file: string) {
  const [, ...lines] = readFileSync(new URL(file, registry), 'utf8').trimEnd().split('\n');
  return lines.map((line, index) => {
    const [enterprise, id, name = '', type = ''] = line.split(',');
    if (!(dataTypes as readonly string[]).includes(type) || !/^[A-Za-z][\w-]*$/.test(name)) {
      throw new Error(
        `${file}:${index + 2}: expected enterprise,id,name,dataType,… with one of the data types, found "${line}"`,
      );
    }
    return { enterprise: Number(enterprise), id: Number(id), name, type };
  });
}

if (import.meta.main) writeFileSync(table, renderElementTable());
