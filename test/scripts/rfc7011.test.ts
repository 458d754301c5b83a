import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/* The page about RFC 7011 names a source file and a test for each requirement. */

const root = join(import.meta.dirname, '../..');

/** The first of these files that exists, with its text. */
function read(paths: readonly string[]): string | undefined {
  const path = paths.map((name) => join(root, name)).find((name) => existsSync(name));
  return path === undefined ? undefined : readFileSync(path, 'utf8');
}

/** `§ | who | requirement | Weir | where | test` */
const rows = readFileSync(join(root, 'docs/rfc7011.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
  .map(([section, , requirement, met, where, test]) => {
    return { name: `${section} ${requirement}`, met: met!, where: where!, test: test! };
  });

/** A test is named by its file and its title, as in the code. */
const named = /^`([^`]+)` “([^”]+)”$/;

const has = (code: string, title: string): boolean =>
  ["'", '"', '`'].some((quote) => code.includes(`${quote}${title.replaceAll(quote, `\\${quote}`)}${quote},`));

describe('the page about RFC 7011', () => {
  it('has a row for each requirement, of six cells', () => {
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.filter(({ test }) => test === undefined)).toEqual([]);
  });

  it.each(rows)('names source files that exist: $name', ({ met, where }) => {
    const isLeftOut = met.startsWith('no') && where === '–';
    const missing = where
      .split(', ')
      .map((name) => name.replaceAll('`', ''))
      .filter((name) => read([`src/ipfix/${name}.ts`, `src/${name}.ts`]) === undefined);
    expect(isLeftOut ? [] : missing).toEqual([]);
  });

  it.each(rows.filter(({ test }) => test !== '–'))('names a test that exists: $name', ({ test }) => {
    const [, file, title] = named.exec(test) ?? [];
    const code = read([`test/ipfix/${file}.test.ts`, `test/${file}.test.ts`]);
    expect(code, test).toBeDefined();
    expect(has(code!, title!), test).toBe(true);
  });
});
