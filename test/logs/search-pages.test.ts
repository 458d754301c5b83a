import { describe, expect, it } from 'vitest';
import { parseCondition } from '../../src/flow/index.ts';
import { coreFields, corePattern, logqlOf, logsqlOf } from '../../src/logs/index.ts';
import { readSearchPage } from '../support/search-page.ts';

const pages = {
  'docs/logql.md': { ...readSearchPage('logql.md', 'logql'), word: 'pattern', written: logqlOf },
  'docs/logsql.md': { ...readSearchPage('logsql.md', 'logsql'), word: 'extract', written: logsqlOf },
};

describe('the documents of searches', () => {
  it('answer the same questions in the same order', () => {
    const [logql, logsql] = Object.values(pages).map(({ queries }) => [...queries.keys()]);
    expect(logsql).toEqual(logql);
    expect(logsql!.length).toBeGreaterThan(10);
  });
});

describe.each(Object.entries(pages))('%s', (_, { text, word, written }) => {
  it('reads fields from their place in a line', () => {
    const patterns = [...text.matchAll(new RegExp(`\\| ${word} "(<.*)"`, 'g'))].map(
      ([, pattern]) => pattern!,
    );
    expect(patterns.length).toBeGreaterThan(5);
    for (const pattern of patterns) {
      const names = [...pattern.matchAll(/<(\w\w+)>/g)].map(([, name]) => name!);
      expect(coreFields, pattern).toEqual(expect.arrayContaining(names));
      expect(pattern).toBe(corePattern(names));
    }
  });

  it('shows the query that Weir writes', () => {
    expect(text).toMatch(/npx weir log\w+ --dst 198\.51\.100\.0\/24 --action '!allow'\n/);
    expect(text).toContain(written(parseCondition('dst=198.51.100.0/24 and action!=allow')));
  });
});
