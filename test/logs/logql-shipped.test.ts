import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conditionOfWords, type FilterWord } from '../../src/flow/index.ts';
import { logqlOf } from '../../src/logs/index.ts';
import { anyWords, layouts } from '../support/filter-word-values.ts';
import { faultsOf } from '../support/logql-check.ts';
import { faultOfTemplate, ruleFunctions } from '../support/logql-check-template.ts';
import { shippedLogql } from '../support/shipped-logql.ts';
import { pages } from '../support/shipped-logql-pages.ts';
import { lokiRules } from '../support/shipped-logql-rules.ts';

const shipped = shippedLogql();
const root = join(import.meta.dirname, '../..');

/** How often text names streams by `{service_name…`, as each query of Weir's does. */
const selectorsIn = (text: string): number => text.match(/\{service_name/g)?.length ?? 0;

/** How often the queries of a file do that, by how its names begin. */
const selectorsListed = (start: string): number =>
  shipped
    .filter(({ name }) => name.startsWith(start))
    .reduce((sum, { queries }) => sum + selectorsIn(queries.join('\n')), 0);

describe('the list of shipped LogQL', () => {
  it('names each piece once, by its place', () => {
    const names = shipped.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('docs/logql.md: What has a policy denied?');
    expect(names).toContain('alerts/loki/absent.yaml: weir-log-absent / WeirFlowLogAbsent / critical');
    expect(names).toContain('grafana-dashboards: denied / Lines by verdict');
    expect(names).toContain('weir logql --min-octets');
  });

  it.each(pages.filter((path) => selectorsIn(readFileSync(join(root, path), 'utf8')) > 0))(
    'has every query in a block of %s',
    (path) => {
      const page = readFileSync(join(root, path), 'utf8');
      const blocks = [...page.matchAll(/^```(\S*)\n([\s\S]*?)^```$/gm)];
      const queries = blocks.map(([, language, text]) => {
        if (language === 'logql') return text!.replace(/^\|/, '{service_name} |');
        return language === '' && !text!.includes('logsql') ? text! : '';
      });
      expect(selectorsListed(`${path}: `)).toBe(selectorsIn(queries.join('\n')));
    },
  );

  it.each(globSync('alerts/loki/*.yaml', { cwd: root }))('has every query of %s', (path) => {
    const file = readFileSync(join(root, path), 'utf8');
    expect(selectorsListed(`${path}: `)).toBe(selectorsIn(file));
  });

  it.each(globSync('grafana-dashboards/*.json', { cwd: root }))('has every query of %s', (path) => {
    const dashboard = path.slice('grafana-dashboards/'.length, -'.json'.length);
    const file = readFileSync(join(root, path), 'utf8');
    // LogQL has a space behind the comma, LogsQL has none; a mark has its query twice
    const ofMarks = file.match(/\{service_name=\\"weir-events\\", /g)!.length / 2;
    const ofPanels = file.match(/\{service_name=\\"weir-flows\\", /g)?.length ?? 0;
    expect(selectorsListed(`grafana-dashboards: ${dashboard} / `)).toBe(ofPanels + ofMarks);
  });
});

describe('shipped LogQL', () => {
  it.each(shipped)('is valid: $name', ({ queries }) => {
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) expect([query, ...faultsOf(query)]).toEqual([query]);
  });

  it('is valid for all words of `weir logql`, in any line layout', () => {
    const isRight = (query: string) => {
      expect([query, ...faultsOf(query)]).toEqual([query]);
    };
    const anyLayout = fc.constantFrom(...Object.values(layouts));
    fc.assert(
      fc.property(anyWords, anyLayout, (words, layout) => isRight(logqlOf(conditionOfWords(words), layout))),
    );
    const named = fc.constantFrom<FilterWord>('namespace', 'node', 'policy');
    const anyName = fc.string({ unit: 'binary', minLength: 1 }).filter((name) => !name.startsWith('!'));
    fc.assert(
      fc.property(named, anyName, fc.constantFrom('', '!'), (word, name, sign) =>
        isRight(logqlOf(conditionOfWords({ [word]: [`${sign}${name}`] }))),
      ),
    );
  });

  it.each(lokiRules())('uses only variables that the ruler fills in: $name', ({ templates }) => {
    for (const text of templates) expect(faultOfTemplate(text, ruleFunctions)).toBeUndefined();
  });
});
