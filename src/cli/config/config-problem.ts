import { printable, WeirError } from '../../runtime/index.ts';

/** One thing wrong with a configuration file. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  /** Where the line alone does not show the place, as in a text that is not YAML. */
  readonly column?: number;
  /** Dotted path of keys, empty for the document as a whole. */
  readonly key: string;
  readonly expected: string;
  readonly found: string;
  /** What to do, or what was probably meant. */
  readonly advice?: string;
}

/** All that is wrong with a file, in the order of its lines. */
export class ConfigError extends WeirError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const fromTheTop = problems.toSorted((one, other) => one.line - other.line);
    super('WEIR_CONFIG_INVALID', fromTheTop.map(formatProblem).join('\n'));
    this.problems = fromTheTop;
  }
}

/** One line, whatever the file quotes into it. */
function formatProblem({ file, line, column, key, expected, found, advice }: ConfigProblem): string {
  const place = column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
  const of = key === '' ? '' : `${key}: `;
  return printable(
    `${place}: ${of}expected ${expected}, found ${found}${advice === undefined ? '' : `; ${advice}`}`,
  );
}
