/**
 * Configuration files: YAML checked by a zod schema. Whatever is wrong stops the start with the file,
 * the line, the key, what was expected and what was found, all problems at once.
 */
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { WeirError } from '../../runtime/index.ts';

/** One thing wrong with a configuration file. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  /** Dotted path of keys, empty for the document as a whole. */
  readonly key: string;
  readonly expected: string;
  readonly found: string;
}

export class ConfigError extends WeirError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super('WEIR_CONFIG_INVALID', problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

const formatProblem = ({ file, line, key, expected, found }: ConfigProblem): string =>
  `${file}:${line}: ${key === '' ? '' : `${key}: `}expected ${expected}, found ${found}`;

/** A configuration that passed its schema, and where in the file its keys stand. */
export interface CheckedConfig<T> {
  readonly value: T;
  /** Line of a key; undefined when it is not in the file, so that its default applies. */
  lineOf(...path: string[]): number | undefined;
}

/** As `checkConfig`, for those who need only the value. */
export function parseConfig<T>(text: string, file: string, schema: z.ZodType<T>): T {
  return checkConfig(text, file, schema).value;
}

/**
 * The checked configuration in a YAML text; an empty one is `{}`.
 * @param file name for messages
 * @throws {ConfigError} with every problem found
 */
export function checkConfig<T>(text: string, file: string, schema: z.ZodType<T>): CheckedConfig<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => lines.linePos(offset).line || 1;
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error) => ({
        file,
        line: lineAt(error.pos[0]),
        key: '',
        expected: 'YAML',
        found: error.message,
      })),
    );
  }
  const checked = schema.safeParse(document.toJS() ?? {});
  if (checked.success) {
    return {
      value: checked.data,
      lineOf: (...path) =>
        document.hasIn(path) ? lineAt(locate(document.contents, path).node?.range?.[0] ?? 0) : undefined,
    };
  }
  throw new ConfigError(
    checked.error.issues
      .flatMap((issue) => problemsOf(issue))
      .map(({ path, expected }) => {
        const { node, found } = locate(document.contents, path);
        return { file, line: lineAt(node?.range?.[0] ?? 0), key: path.join('.'), expected, found };
      }),
  );
}

type Path = readonly PropertyKey[];

function problemsOf(issue: z.core.$ZodIssue): { path: Path; expected: string }[] {
  if (issue.code === 'unrecognized_keys') {
    const expected = issue.message.startsWith('Unrecognized') ? 'no such key' : issue.message;
    return issue.keys.map((key) => ({ path: [...issue.path, key], expected }));
  }
  return [{ path: issue.path, expected: expectationOf(issue) }];
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

/** The node at a path, or the nearest one above it that exists, and what stands there as text. */
function locate(root: unknown, path: Path): { node: Node | undefined; found: string } {
  let node = root as Node | null | undefined;
  for (const [depth, key] of path.entries()) {
    if (isMap(node) && depth === path.length - 1) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair !== undefined) return { node: pair.key as Node, found: show(pair.value, String(key)) };
    }
    const next = (node as { get?: (key: PropertyKey, keep: boolean) => Node | undefined } | undefined)?.get?.(
      key,
      true,
    );
    if (next === undefined || next === null) return { node: node ?? undefined, found: 'nothing' };
    node = next;
  }
  return { node: node ?? undefined, found: show(node, '') };
}

const show = (value: unknown, key: string): string => {
  const found = (value as { toJSON?: () => unknown } | null)?.toJSON?.() ?? null;
  if (found === null) return key === '' ? 'nothing' : `the key "${key}" without a value`;
  return JSON.stringify(found).replaceAll(credentials, '://***@');
};

/** A user and a password in a URL, which messages must not repeat. */
const credentials = /:\/\/[^/@\s"]*@/g;
