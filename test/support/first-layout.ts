import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '../../src/store/engine.ts';
import { fieldRows } from '../../src/store/guessed-columns.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

/**
 * Turns the record files of a history into those that the first version of Weir wrote: every field is a
 * column of its own, times have microseconds, and there are no sums.
 */
export async function inFirstLayout(directory: string): Promise<void> {
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
    const { columns, of } = fieldRows(new Set(names));
    const values = [...columns].map((each) =>
      each.includes('Milliseconds') ? `"${each}"::TIMESTAMP AS "${each}"` : `"${each}"`,
    );
    await engine.connection.run(
      `COPY (SELECT ${values.join()} FROM ${of(`'${from}'`)}) TO '${to}' (FORMAT parquet, COMPRESSION zstd)`,
    );
    octets.set(Number.parseInt(name, 10), statSync(to).size);
    copyFileSync(to, path);
  }
  const came = readFileSync(manifest, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).came)
    .filter((file) => file !== undefined)
    .map((file) => `${JSON.stringify({ came: { ...file, schema: 1, octets: octets.get(file.number) } })}\n`);
  writeFileSync(manifest, came.join(''));
  for (const name of readdirSync(directory).filter((each) => /(minutes|hours)\.parquet$/.test(each)))
    rmSync(join(directory, name));
}
