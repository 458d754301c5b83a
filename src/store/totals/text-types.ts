import type { Engine } from '../engine.ts';
import type { TextTypes } from '../row-condition.ts';
import { makeTable } from './temporary-table.ts';

/** Makes a type of DuckDB of each list of texts, in place of those that it made before. */
export async function makeTextTypes(
  engine: Engine,
  lists: readonly (readonly string[])[],
): Promise<TextTypes> {
  const types = new Map<readonly string[], string>();
  for (const list of new Set(lists)) {
    if (list.length === 0) continue;
    const type = `texts${types.size}`;
    const texts = [...new Set(list)].map((text) => [text]);
    await makeTable(engine, 'listed', [{ name: 'text', type: 'VARCHAR' }], texts);
    await engine.connection.run(`DROP TYPE IF EXISTS ${type}`);
    await engine.connection.run(`CREATE TEMP TYPE ${type} AS ENUM (SELECT text FROM listed)`);
    types.set(list, type);
  }
  return types;
}
