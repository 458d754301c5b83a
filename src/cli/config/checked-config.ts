/**
 * Configuration files: YAML checked by a zod schema. Whatever is wrong stops the start with the file,
 * the line, the key, what was expected and what was found, all problems at once.
 */
import type { z } from 'zod';
import { ConfigError, type ConfigProblem } from './config-problem.ts';
import { variableProblems } from './environment-variable.ts';
import { suggestKey, suggestValue } from './suggestion.ts';
import { type Path, YamlDocument } from './yaml-document.ts';

/** A configuration that passed its schema, and where in the file its keys stand. */
export interface CheckedConfig<T> {
  readonly value: T;
  /** Line of a key; undefined when it is not in the file, so that its default applies. */
  lineOf(...path: PropertyKey[]): number | undefined;
}

/** As `checkConfig`, for those who need only the value. */
export function parseConfig<T>(text: string, file: string, schema: z.ZodType<T>): T {
  return checkConfig(text, file, schema).value;
}

/**
 * The checked configuration in a YAML text; an empty one is `{}`.
 * @param file name for messages
 * @param indent columns that each line of the file has before those of the text
 * @throws {ConfigError} with every problem found
 */
export function checkConfig<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  indent = 0,
): CheckedConfig<T> {
  const yaml = new YamlDocument(text, file, indent);
  const checked = schema.safeParse(yaml.value);
  const variables = variableProblems(yaml, schema);
  const others = checked.success ? [] : schemaProblems(checked.error, yaml, schema);
  const isOther = ({ key }: ConfigProblem) =>
    !variables.some((variable) => key === variable.key || key === parentOf(variable.key));
  const problems = [...variables, ...others.filter(isOther)];
  if (!checked.success || problems.length > 0) throw new ConfigError(problems);
  return {
    value: checked.data,
    lineOf: (...path) => {
      const { isThere, line } = yaml.at(path);
      return isThere ? line : undefined;
    },
  };
}

/** A list is refused as a whole for one of its items. */
const parentOf = (key: string): string => key.replace(/\.[^.]*$/, '');

/** The top-level keys of a YAML text, and Weir's own below `weir`, as paths. @throws {ConfigError} when it is no map */
export function sectionPaths(text: string, file: string, indent = 0): string[][] {
  const yaml = new YamlDocument(text, file, indent);
  if (typeof yaml.value === 'object' && !Array.isArray(yaml.value)) {
    const { weir: own, ...others } = (yaml.value ?? {}) as Record<string, unknown>;
    const below = typeof own === 'object' ? Object.keys(own ?? {}) : [];
    return [...Object.keys(others).map((key) => [key]), ...below.map((key) => ['weir', key])];
  }
  const { line, found } = yaml.at([]);
  throw new ConfigError([{ file, line, key: '', expected: wordsOf.object!, found }]);
}

function schemaProblems({ issues }: z.ZodError, yaml: YamlDocument, schema: z.ZodType): ConfigProblem[] {
  return issues
    .flatMap((issue) => problemsOf(issue, schema, yaml))
    .map(({ path, expected, advice }) => {
      const { line, found } = yaml.at(path);
      const problem = { file: yaml.file, line, key: path.join('.'), expected, found };
      return advice === undefined ? problem : { ...problem, advice };
    });
}

interface Objection {
  readonly path: Path;
  readonly expected: string;
  readonly advice: string | undefined;
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType, yaml: YamlDocument): Objection[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const expected = issue.message.startsWith('Unrecognized') ? 'no such key' : issue.message;
    return issue.keys.map((key) => ({
      path: [...path, key],
      expected,
      advice: suggestKey(schema, path, key),
    }));
  }
  return [{ path, expected: expectationOf(issue), advice: suggestValue(schema, path, yaml.at(path).value) }];
}

const wordsOf: Readonly<Record<string, string>> = {
  object: 'a map of keys',
  array: 'a list',
  boolean: 'true or false',
};

function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return wordsOf[issue.expected] ?? `a ${issue.expected}`;
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}
