import { printableText } from '../../runtime/index.ts';
import { cutToWidth } from './cut.ts';

export interface TableColumn<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Minimum width in characters. */
  readonly least: number;
  readonly alignRight?: true;
  /** The lowest rank is left out first on a narrow terminal. A column without one always stays. */
  readonly rank?: number;
}

/** Columns of a terminal; undefined when the lines go to a file or a program. */
export type TerminalWidth = () => number | undefined;

const GAP = '  ';
/** A column grows no wider, so that one long name does not pad all later lines. */
const MAX_WIDTH = 64;

/**
 * Rows as lines of columns that grow with their content. On a terminal no line wraps: columns without room
 * are left out, and a line that is too long is cut. Such a line alone does not widen later ones.
 */
export class Table<Row> {
  readonly #columns: readonly TableColumn<Row>[];
  #widths: readonly number[];
  readonly #terminal: TerminalWidth;

  constructor(columns: readonly TableColumn<Row>[], terminal: TerminalWidth) {
    this.#terminal = terminal;
    this.#columns = fittingColumns(columns, terminal() || Number.POSITIVE_INFINITY);
    this.#widths = this.#columns.map(leastWidth);
  }

  get header(): string {
    return this.#row(this.#columns.map(({ title }) => title));
  }

  line(row: Row): string {
    return this.#row(this.#columns.map(({ text }) => printableText(text(row))));
  }

  #row(cells: readonly string[]): string {
    const room = this.#terminal() || Number.POSITIVE_INFINITY;
    const widths = cells.map((cell, index) => Math.max(this.#widths[index]!, cell.length));
    const line = cells
      .map((cell, index) =>
        this.#columns[index]!.alignRight ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!),
      )
      .join(GAP)
      .trimEnd();
    if (line.length <= room) this.#widths = widths.map((width) => Math.min(width, MAX_WIDTH));
    return cutToWidth(line, room);
  }
}

const leastWidth = ({ title, least }: TableColumn<never>): number => Math.max(title.length, least);

function fittingColumns<Row>(
  columns: readonly TableColumn<Row>[],
  room: number,
): readonly TableColumn<Row>[] {
  const width = columns.reduce((sum, column) => sum + leastWidth(column) + GAP.length, -GAP.length);
  const ranks = columns.flatMap(({ rank }) => rank ?? []);
  if (width <= room || ranks.length === 0) return columns;
  const least = Math.min(...ranks);
  return fittingColumns(
    columns.filter(({ rank }) => rank !== least),
    room,
  );
}
