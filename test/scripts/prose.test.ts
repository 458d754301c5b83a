import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/*
 * What users read is plain English: one idea a sentence, and no word that a tired operator reads twice.
 * CONTRIBUTING has the rule.
 */

const root = join(import.meta.dirname, '../..');
const LONGEST = 25;

/** Archaic words and inverted clauses, and what to write in their place. */
const unwanted: Readonly<Record<string, string>> = {
  'as yet': 'yet',
  'be told': 'receive, report',
  'by so much': 'the amount',
  'books?': 'ledger account',
  foretold: 'predicted',
  'is told': 'receives, reports',
  'are told': 'receive, report',
  lest: 'so that not',
  'of which': 'a sentence of its own',
  'of what': 'a noun',
  'stopped to': 'stopped …ing',
  'tells? of': 'report',
  thrice: 'three times',
  whatever: 'each, any',
  whence: 'from where',
  whoever: 'everybody who, a client',
};
const unwantedWord = new RegExp(`\\b(${Object.keys(unwanted).join('|')})\\b`, 'i');

const filesOf = (...patterns: string[]): string[] => globSync(patterns, { cwd: root }).sort();
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Code is one word, a link is its text, and quoted names are no prose. */
const spoken = (text: string): string =>
  text
    .replace(/`[^`]*`/g, 'CODE')
    .replace(/\{\{ (?:with|end|if).*?\}\}/g, '')
    .replace(/\{\{.*?\}\}/g, 'VALUE')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*?|"/g, '');

const wordsIn = (text: string): number =>
  text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

/** Sentences of a text; a semicolon ends one where a fragment is the custom, as in a table. */
function sentencesOf(text: string, ends = /(?<=[.!?:;][)]*)\s+(?=[\p{Lu}(])/u): string[] {
  return spoken(text)
    .split(ends)
    .map((sentence) => sentence.replace(/\s+/g, ' ').trim());
}

const endOfFragment = /(?<=[.!?:;][)]*)\s+/u;

/** Paragraphs, items and headings of a page, without blocks of code, and the cells of its tables. */
function textsOf(markdown: string): { prose: string[]; cells: string[] } {
  const withoutCode = markdown.replace(/^```.*?^```$/gms, '').replace(/(?<=\n\n)(?: {4}[^\n]*\n)+/g, '');
  const lines = withoutCode.split('\n');
  const cells = lines.filter((line) => line.startsWith('|')).flatMap((line) => line.split(/(?<!\\)\|/));
  const prose = lines
    .map((line) => (line.startsWith('|') ? '' : line.replace(/^\s*(?:[-*]|\d+\.|#+) /, '\n\n')))
    .join('\n')
    .split(/\n\s*\n/);
  return { prose, cells };
}

/** A cell with a comma for every four words is a list of names. */
const isList = (text: string): boolean => text.split(',').length * 4 > wordsIn(text);

function faultsIn(sentences: readonly string[]): string[] {
  return sentences.flatMap((sentence) => {
    const count = wordsIn(sentence);
    const word = unwantedWord.exec(sentence)?.[0];
    return [
      ...(count > LONGEST ? [`${count} words: ${sentence}`] : []),
      ...(word === undefined ? [] : [`"${word}": ${sentence}`]),
    ];
  });
}

function faultsOfPage(markdown: string): string[] {
  const { prose, cells } = textsOf(markdown);
  const fragments = cells.flatMap((cell) => sentencesOf(cell, endOfFragment));
  return faultsIn([
    ...prose.flatMap((paragraph) => sentencesOf(paragraph)),
    ...fragments.filter((fragment) => !isList(fragment)),
  ]);
}

/** A title follows `it(`, `describe(`, `it.each(…)(` or `requires(…)(`, and a function follows it. */
const titled =
  /(?:\b(?:it|test|describe)|\))\(\s*(['"`])((?:\\.|(?!\1)[\s\S])*?)\1,\s*(?:\{[^}]*\},\s*)?(?:async )?\(/g;
const titlesIn = (code: string): string[] =>
  Array.from(code.matchAll(titled), ([, , title]) => title!.replace(/\$\{[^}]*\}/g, 'VALUE'));

describe('what users read', () => {
  it.each(filesOf('*.md', 'docs/*.md', 'docs/{how-to,decisions}/*.md', 'alerts/runbooks/*.md'))(
    `has sentences of at most ${LONGEST} words, none that is read twice: %s`,
    (page) => {
      expect(faultsOfPage(textOf(page))).toEqual([]);
    },
  );

  it.each(
    ['api', 'configuration', 'errors', 'flow-record', 'metrics'].map((name) => `docs/reference/${name}.md`),
  )('has options, metrics and errors in sentences as short: %s', (page) => {
    expect(faultsOfPage(textOf(page))).toEqual([]);
  });

  it('has alerts in sentences as short', () => {
    const rules = filesOf('alerts/*.yaml', 'alerts/{loki,victorialogs}/*.yaml').map(textOf).join('\n');
    const texts = Array.from(rules.matchAll(/^ +(?:summary|description): (.*)$/gm), ([, text]) => text!);
    expect(texts.length).toBeGreaterThan(100);
    expect(faultsIn(texts.flatMap((text) => sentencesOf(text)))).toEqual([]);
  });

  it('is refused if a sentence is long or has an unwanted word', () => {
    const long = `${'word '.repeat(LONGEST)}more.`;
    expect(faultsOfPage(`${long}\n\n| ${long} |\n`)).toHaveLength(2);
    expect(faultsOfPage('The ledger is told.\n\n- Whoever asks.\n')).toEqual([
      '"is told": The ledger is told.',
      '"Whoever": Whoever asks.',
    ]);
    expect(faultsOfPage(`\`\`\`\n${long}\n\`\`\`\n\n\`whoever ${long}\`\n`)).toEqual([]);
  });
});

describe('the titles of tests', () => {
  it(`are sentences of at most ${LONGEST} words, none that is read twice`, () => {
    const titles = filesOf('test/**/*.ts').flatMap((path) => titlesIn(textOf(path)));
    expect(titles.length).toBeGreaterThan(2_000);
    expect(faultsIn(titles)).toEqual([]);
  });

  it('are found with and without a table of cases', () => {
    const quote = '`';
    const code = `
      it.each([1, 2])(${quote}has %i${quote}, async (count) => {});
      requires('root')(${quote}an agent${quote}, () => {
        it(${quote}sees \${count} flows, whatever comes${quote}, { timeout: 9 }, async () => {});
        check(${quote}no title${quote}, 1);
      });`;
    expect(titlesIn(code)).toEqual(['has %i', 'an agent', 'sees VALUE flows, whatever comes']);
    expect(faultsIn(titlesIn(code))).toEqual(['"whatever": sees VALUE flows, whatever comes']);
  });
});
