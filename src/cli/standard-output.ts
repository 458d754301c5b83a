import { printableLines } from '../runtime/index.ts';
import { writeError } from './standard-error.ts';

/**
 * Standard output carries data only. A reader that has gone (`weir flows | head`) is no failure: the program
 * ends quietly, a server after draining.
 */
let onClosed = () => process.exit(0);

let onFailed = ({ message }: Error): void => {
  writeError(`weir: cannot write to standard output: ${message}\n`);
  process.exit(1);
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') onClosed();
  else onFailed(error);
});

/**
 * Calls `end` instead of exiting when the reader of standard output goes away. The writer handles any other
 * failure, which it gets as well.
 */
export function whenOutputCloses(end: () => void): void {
  onClosed = end as () => never;
  onFailed = () => {};
}

/** Lines joined into one text: joining more would need several times their memory at once. */
const LINES_A_PIECE = 256;

/**
 * Writes lines that are safe for a terminal. Resolves to the number of lines taken when there is room for
 * more.
 */
export async function writeLines(lines: readonly string[]): Promise<number> {
  for (let from = 0; from < lines.length; from += LINES_A_PIECE) {
    if (!(await writePiece(lines.slice(from, from + LINES_A_PIECE)))) return from;
  }
  return lines.length;
}

function writePiece(lines: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdout.write(printableLines(lines.map((line) => `${line}\n`).join('')), (error) =>
      resolve(!error),
    );
  });
}

/** Whether to use colours on this terminal (no-color.org). */
export function isColoured(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR;
}
