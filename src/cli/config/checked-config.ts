/**
 * Checks configuration files: YAML against the options of a section. Problems stop the start, all at once.
 * Each has the file, the line, the key, the expectation and the value.
 */
import {
  nodeAt,
  readSection,
  type Section,
  type Shape,
  type ValueProblem,
  type Values,
} from '../../runtime/index.ts';
import { ConfigError, type ConfigProblem } from './config-problem.ts';
import { variableProblems } from './environment-variable.ts';
import { withGivenDefaults } from './given-defaults.ts';
import { suggestKey, suggestValue } from './suggestion.ts';
import { type Path, YamlDocument } from './yaml-document.ts';

/** A valid configuration, and the lines of its keys. */
export interface CheckedConfig<T> {
  readonly value: T;
  /** The line of a key; undefined when the file lacks it and the default applies. */
  lineOf(...path: PropertyKey[]): number | undefined;
}

/** As `checkConfig`, for those who need only the value. */
export function parseConfig<S extends Shape>(text: string, file: string, root: Section<S>): Values<S> {
  return checkConfig(text, file, root).value;
}

/**
 * Checks the configuration in a YAML text; an empty text is `{}`.
 * @param file name for messages
 * @param indent columns of each line of the file before the text begins
 * @param defaults values of the command line, for options that the file leaves out
 * @throws {ConfigError} with every problem found
 */
export function checkConfig<S extends Shape>(
  text: string,
  file: string,
  section: Section<S>,
  indent = 0,
  defaults: readonly string[] = [],
): CheckedConfig<Values<S>> {
  const root = section as unknown as Section;
  const yaml = new YamlDocument(text, file, indent);
  const { values, problems: wrong } = readSection(section, withGivenDefaults(yaml.value, defaults, root));
  const variables = variableProblems(yaml, root);
  const others = wrong.map((problem) => problemAt(problem, root, yaml));
  const isOther = ({ key }: ConfigProblem) =>
    !variables.some((variable) => key === variable.key || key === parentOf(variable.key));
  const problems = [...variables, ...others.filter(isOther)];
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    value: values,
    lineOf: (...path) => {
      const { isThere, line } = yaml.at(path);
      return isThere ? line : undefined;
    },
  };
}

/** A wrong item makes its whole list wrong. */
const parentOf = (key: string): string => key.replace(/\.[^.]*$/, '');

/**
 * The top-level keys of a YAML text, and Weir's own below `weir`, as paths. @throws {ConfigError} when it is
 * no map
 */
export function sectionPaths(text: string, file: string, indent = 0): string[][] {
  const yaml = new YamlDocument(text, file, indent);
  if (typeof yaml.value === 'object' && !Array.isArray(yaml.value)) {
    const { weir: own, ...others } = (yaml.value ?? {}) as Record<string, unknown>;
    const below = typeof own === 'object' ? Object.keys(own ?? {}) : [];
    return [...Object.keys(others).map((key) => [key]), ...below.map((key) => ['weir', key])];
  }
  const { line, found } = yaml.at([]);
  throw new ConfigError([{ file, line, key: '', expected: 'a map of keys', found }]);
}

function problemAt({ path, expected }: ValueProblem, root: Section, yaml: YamlDocument): ConfigProblem {
  const { line, found, value } = yaml.at(path);
  const advice = adviceOn(path, root, value);
  const problem = { file: yaml.file, line, key: path.join('.'), expected, found };
  return advice === undefined ? problem : { ...problem, advice };
}

function adviceOn(path: Path, root: Section, value: unknown): string | undefined {
  const above = path.slice(0, -1);
  return nodeAt(root, path) === undefined
    ? suggestKey(root, above, String(path.at(-1)))
    : suggestValue(root, path, value);
}
