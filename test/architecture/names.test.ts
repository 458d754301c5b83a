import { describe, expect, it } from 'vitest';
import { readSources } from './sources.ts';

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
