import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSources, root, type Source } from './sources.ts';

const sources = readSources('src');
const everything = [
  ...sources,
  ...['test', 'bench', 'scripts', 'packaging', 'deploy', 'bin'].flatMap(readSources),
];

/** The paths and line numbers where a pattern occurs. */
function occurrences(files: Source[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

/** A table, a wire layout or code within a comment: it is indented, or aligned by further spaces. */
const isTable = (line: string): boolean => /^ {2,}\S|\S {2,}\S/.test(line);

/** Sentences of more than 25 words in a file's comments. */
function longSentences({ path, text }: Source): string[] {
  return [...text.matchAll(/\/\*\*?([\s\S]*?)\*\/|(?:^[ \t]*\/\/.*\n)+/gm)]
    .flatMap(([comment, block = comment]) =>
      block
        .split('\n')
        .map((line) => line.replace(/^\s*(\*|\/\/) ?/, ''))
        .map((line) => (isTable(line) || /^(@|- )/.test(line) ? `\n${line}` : line))
        .join('\n')
        .split(/\n\n+|(?<=[.!?:])\s+(?=[A-Z`"(0-9-])/),
    )
    .filter((sentence) => !sentence.split('\n').some(isTable))
    .filter((sentence) => sentence.split(/\s+/).filter((word) => /\w/.test(word)).length > 25)
    .map((sentence) => `${path}: ${sentence.replaceAll('\n', ' ')}`);
}

describe('a file', () => {
  it('has a name in kebab-case', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|d))?\.tsx?$/;
    expect(everything.map(({ path }) => path).filter((path) => !kebab.test(basename(path)))).toEqual([]);
  });

  it('is named for its exports, as are its folders', () => {
    const forbidden = /(^|\/)(utils?|helpers?|common|misc|types?|lib)(\/|\.)/;
    expect(everything.map(({ path }) => path).filter((path) => forbidden.test(path))).toEqual([]);
  });

  it('of src/ has at most 400 lines, unless it is generated', () => {
    const long = sources
      .filter(({ text }) => !/^\/\/ Written by scripts\//.test(text))
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 400);
    expect(long).toEqual([]);
  });

  it("has comments within the formatter's width, because the formatter does not wrap them", () => {
    const { lineWidth } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')).formatter;
    // A line within a block is indented by an odd number of spaces, unlike a product in PromQL.
    const wide = new RegExp(`^(?=.{${lineWidth + 1}})(\\s*(//|/\\*)|( {2})* \\* )`);
    const rendered = ['alerts', 'grafana-dashboards'].flatMap(readSources);
    expect(occurrences([...everything, ...rendered], wide)).toEqual([]);
  });

  it('has at most 25 words in each sentence of its comments', () => {
    expect(everything.flatMap(longSentences)).toEqual([]);
  });

  it('has no to-do note', () => {
    const later = new RegExp(
      `\\b(${['TO', 'FIX', 'X'].map((word, i) => word + ['DO', 'ME', 'XX'][i]).join('|')})\\b`,
    );
    expect(occurrences(everything, later)).toEqual([]);
  });

  it('of test/ skips no test except by requires()', () => {
    const tests = everything.filter(
      ({ path }) => path.startsWith('test/') && path !== 'test/support/requires.ts',
    );
    const leftOut = new RegExp(
      String.raw`\.(skip|only|todo)\b|\b(x|f)(it|describe)\(|\.${'skip'}If\b|\.${'run'}If\b`,
    );
    const here = /^test\/architecture\/files\.test\.ts:/;
    expect(occurrences(tests, leftOut).filter((found) => !here.test(found))).toEqual([]);
  });
});

describe('a decision', () => {
  it('has a number of its own, in its name and in its title', () => {
    const pages = readdirSync(join(root, 'docs/decisions')).filter((name) => /^\d{4}-/.test(name));
    const numbers = pages.map((name) => Number(name.slice(0, 4)));
    expect(numbers.length).toBeGreaterThan(50);
    expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([]);
    for (const [at, name] of pages.entries())
      expect(readFileSync(join(root, 'docs/decisions', name), 'utf8'), name).toMatch(
        new RegExp(`^# ${numbers[at]}\\. `),
      );
  });
});
