import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSources, root } from './sources.ts';

const declared =
  /^export (?:abstract )?(?:async )?(?:class|interface|type|function\*?|const|enum) ([\w$]+)/gm;
const room = (path: string): string => path.split('/')[1]!;

/** The files that declare each exported name. */
function declarations(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { path, text } of readSources('src'))
    for (const name of new Set([...text.matchAll(declared)].map(([, name]) => name!)))
      found.set(name, [...(found.get(name) ?? []), path]);
  return found;
}

describe('an exported name', () => {
  it('is declared in one room only', () => {
    const twice = [...declarations()].filter(([, paths]) => new Set(paths.map(room)).size > 1);
    expect(twice).toEqual([]);
  });

  it('is declared in one file only, within its room too', () => {
    expect([...declarations()].filter(([, paths]) => paths.length > 1)).toEqual([]);
  });

  it('ends as the glossary says: constructor arguments are called Parts', () => {
    const names = [...declarations().keys()];
    expect(names.filter((name) => /[a-z](Needs|Opts|Params|Args)$/.test(name) && !isFunction(name))).toEqual(
      [],
    );
  });
});

const isFunction = (name: string): boolean => /^[a-z]/.test(name);

/** The words that the glossary of CONTRIBUTING.md allows as the whole name of a function. */
function standardVerbs(): string[] {
  const glossary = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const [, row] = /^One word is enough for a standard verb: ([^.]*)\./m.exec(glossary)!;
  return [...row!.matchAll(/`([a-z]+)`/g)].map(([, verb]) => verb!);
}

/** Parameters in up to three levels of parentheses. */
const parameters = String.raw`\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)`;
const functionOfOneWord = new RegExp(
  [
    String.raw`(?:^|\s)function\*? ([a-z][a-z0-9]*)[(<]`,
    String.raw`(?:^|\s)const ([a-z][a-z0-9]*)(?:: [^=]+)? =\s+(?:async )?(?:<[^=]*>)?(?:${parameters}(?:: [^=;]+)?|\w+)\s+=>`,
  ].join('|'),
  'g',
);
const functionsOfOneWord = (text: string): string[] =>
  [...text.matchAll(functionOfOneWord)].map(([, declared, constant]) => (declared ?? constant)!);

describe('the name of a function', () => {
  const rooms = ['src', 'bench', 'scripts', 'alerts/source', 'packaging/source'];
  const dashboards = 'grafana-dashboards/{source,pictures/browser,pictures/history}';

  it('is one word only if that is a standard verb of the glossary', () => {
    const verbs = standardVerbs();
    expect(verbs.length).toBeLessThanOrEqual(20);
    const others = [...rooms, dashboards]
      .flatMap(readSources)
      .flatMap(({ path, text }) => functionsOfOneWord(text).map((name) => ({ path, name })))
      .filter(({ name }) => !verbs.includes(name));
    expect(others).toEqual([]);
  });

  it('is found in declarations and in constants', () => {
    const text = `
      export async function* ended<T>(list: T[]) {}
      export const before = (row: number, f: (x: number) => void): boolean => row > 0;
      const told: Matcher =
        async (batch) => batch.length;
      const known = name => names.has(name);
      const size = (rows + 1) * 2;
      const rows = batches.map((batch) => batch.length);
      const isKnown = (name: string) => names.has(name);
    `;
    expect(functionsOfOneWord(text)).toEqual(['ended', 'before', 'told', 'known']);
  });
});
