import type { CheckedConfig } from './checked-config.ts';

/** A note on a valid configuration. */
export interface Note {
  readonly file: string;
  /** Dotted path of the key. */
  readonly key: string;
  /** The line of the key; undefined when the file lacks it and the note is about the default. */
  readonly line: number | undefined;
  readonly text: string;
  readonly remedy?: string;
  /** Whether it keeps Weir from starting. */
  readonly stops: boolean;
}

/** Collects notes on a configuration. */
export class Notes {
  readonly all: Note[] = [];
  readonly #file: string;
  readonly #lineOf: CheckedConfig<unknown>['lineOf'];

  constructor(file: string, { lineOf }: CheckedConfig<unknown>) {
    this.#file = file;
    this.#lineOf = lineOf;
  }

  /** Whether the file has a key. */
  has(key: string): boolean {
    return this.#line(key) !== undefined;
  }

  tell(key: string, text: string): void {
    this.all.push({ file: this.#file, key, line: this.#line(key), text, stops: false });
  }

  /** Adds a note that keeps Weir from starting, and a remedy. */
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
