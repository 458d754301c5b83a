import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '../../src/store/engine.ts';
import { fieldRows } from '../../src/store/guessed-columns.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

/** How versions of Weir wrote files of records, by the number of the layout. */
const formerValues: Readonly<Record<1 | 2, (columns: readonly string[]) => string>> = {
  // Every field is a column of its own, and times have microseconds.
  1: (columns) => {
    const rows = fieldRows(new Set(columns));
    const values = [...rows.columns].map((each) =>
      each.includes('Milliseconds') ? `"${each}"::TIMESTAMP AS "${each}"` : `"${each}"`,
    );
    return `SELECT ${values.join()} FROM ${rows.of('$FILE')}`;
  },
  // The start of a flow is a column, and no duration.
  2: () =>
    `SELECT * EXCLUDE ("${DURATION}"),
       make_timestamp((epoch_ms("flowEndMilliseconds") - "${DURATION}") * 1000)::TIMESTAMP_MS AS "flowStartMilliseconds"
     FROM $FILE`,
};
const DURATION = 'flowEndMilliseconds-flowStartMilliseconds';

/** Turns the record files of a history into those of a former layout, without sums. */
export async function inFormerLayout(directory: string, layout: 1 | 2): Promise<void> {
  using place = new TemporaryDirectory();
  using engine = await Engine.start();
  const [from, to] = [place.file('from.parquet'), place.file('to.parquet')];
  const manifest = join(directory, 'manifest.jsonl');
  const octets = new Map<number, number>();
  for (const name of readdirSync(directory).filter((each) => /^\d+\.parquet$/.test(each))) {
    const path = join(directory, name);
    copyFileSync(path, from);
    const schema = 'SELECT name FROM parquet_schema($1) WHERE type IS NOT NULL';
    const names = (await engine.connection.runAndReadAll(schema, [from]))
      .getRows()
      .map(([each]) => String(each));
    const rows = formerValues[layout](names).replaceAll('$FILE', `'${from}'`);
    await engine.connection.run(`COPY (${rows}) TO '${to}' (FORMAT parquet, COMPRESSION zstd)`);
    octets.set(Number.parseInt(name, 10), statSync(to).size);
    copyFileSync(to, path);
  }
  const came = readFileSync(manifest, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).came)
    .filter((file) => file !== undefined)
    .map(
      ({ endCrc: _, ...file }) =>
        `${JSON.stringify({ came: { ...file, schema: layout, octets: octets.get(file.number) } })}\n`,
    );
  writeFileSync(manifest, came.join(''));
  for (const name of readdirSync(directory).filter((each) => /-\d+\.\w+\.parquet$/.test(each)))
    rmSync(join(directory, name));
}
