import type { CheckedConfig } from './checked-config.ts';

/** Something about a valid configuration that its reader should know. */
export interface Note {
  readonly file: string;
  /** Dotted path of the key. */
  readonly key: string;
  /** Line of the key; undefined when it is not in the file, and its default is meant. */
  readonly line: number | undefined;
  readonly text: string;
  readonly remedy?: string;
  /** Whether Weir does not start with it. */
  readonly stops: boolean;
}

/** Takes notes on a configuration. */
export class Notes {
  readonly all: Note[] = [];
  readonly #file: string;
  readonly #lineOf: CheckedConfig<unknown>['lineOf'];

  constructor(file: string, { lineOf }: CheckedConfig<unknown>) {
    this.#file = file;
    this.#lineOf = lineOf;
  }

  /** Whether a key is in the file. */
  has(key: string): boolean {
    return this.#line(key) !== undefined;
  }

  tell(key: string, text: string): void {
    this.all.push({ file: this.#file, key, line: this.#line(key), text, stops: false });
  }

  /** Notes what keeps Weir from starting, and what to do. */
  stop(key: string, text: string, remedy: string): void {
    const meansDefault = this.has(key) ? '' : 'by default ';
    this.all.push({
      file: this.#file,
      key,
      line: this.#line(key),
      text: meansDefault + text,
      remedy,
      stops: true,
    });
  }

  #line(key: string): number | undefined {
    return this.#lineOf(...key.split('.'));
  }
}

export function formatNote({ file, line, key, text, remedy }: Note): string {
  return `${file}:${line === undefined ? '' : `${line}:`} ${key}: ${text}${remedy === undefined ? '' : `\n  ${remedy}`}`;
}
