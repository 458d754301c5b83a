import { printableText, WeirError } from '../../runtime/index.ts';

/** A problem in a configuration file. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  /** Only when the line does not show the place, as in a text that is not YAML. */
  readonly column?: number;
  /** Dotted path of keys, empty for the document as a whole. */
  readonly key: string;
  readonly expected: string;
  readonly found: string;
  /** What to do, or what the author probably meant. */
  readonly advice?: string;
}

/** All problems of a file, in the order of its lines. */
export class ConfigError extends WeirError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const fromTheTop = problems.toSorted((one, other) => one.line - other.line);
    super('WEIR_CONFIG_INVALID', fromTheTop.map(formatProblem).join('\n'));
    this.problems = fromTheTop;
  }
}

/** Formats a problem as one line, whatever the quoted value contains. */
function formatProblem({ file, line, column, key, expected, found, advice }: ConfigProblem): string {
  const place = column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
  const of = key === '' ? '' : `${key}: `;
  return printableText(
    `${place}: ${of}expected ${expected}, found ${found}${advice === undefined ? '' : `; ${advice}`}`,
  );
}
