import { stringify } from 'yaml';
import { Table, type TableColumn, type TerminalWidth } from './text/index.ts';

export const listFormats = ['table', 'json', 'yaml'] as const;
export type ListFormat = (typeof listFormats)[number];

/** Prints items one after another: as a table, or in JSON or YAML as a list or an item that stands alone. */
export class ListPrinter<Item extends object> {
  /** Lines before the first item. */
  readonly head: readonly string[];
  readonly #format: ListFormat;
  readonly #isList: boolean;
  readonly #table: Table<Item>;
  #items = 0;

  constructor(
    format: ListFormat,
    columns: readonly TableColumn<Item>[],
    isList: boolean,
    terminal: TerminalWidth,
  ) {
    this.#format = format;
    this.#isList = isList;
    this.#table = new Table(columns, terminal);
    this.head = { table: [this.#table.header], json: isList ? ['['] : [], yaml: [] }[format];
  }

  linesOf(item: Item): readonly string[] {
    const isFirst = this.#items++ === 0;
    switch (this.#format) {
      case 'table':
        return [this.#table.line(item)];
      case 'json':
        return [`${isFirst ? (this.#isList ? '  ' : '') : ', '}${JSON.stringify(item)}`];
      case 'yaml':
        return stringify(this.#isList ? [item] : item)
          .trimEnd()
          .split('\n');
    }
  }

  /** Lines after the last item. */
  get foot(): readonly string[] {
    if (!this.#isList) return [];
    if (this.#format === 'json') return [']'];
    return this.#format === 'yaml' && this.#items === 0 ? ['[]'] : [];
  }
}
