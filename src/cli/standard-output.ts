import { printableLines } from '../runtime/index.ts';
import { writeError } from './standard-error.ts';

/**
 * Standard output carries data and nothing else. A reader that has gone (`weir flows | head`) is no
 * failure: the program ends quietly, a server after it has drained.
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
 * Has `end` called instead of exiting when the reader of standard output goes away. Any other failure is then
 * for whoever writes, who hears of it as well.
 */
export function whenOutputCloses(end: () => void): void {
  onClosed = end as () => never;
  onFailed = () => {};
}

/** Lines that are made one piece of text: more of them would need several times their memory at once. */
const LINES_A_PIECE = 256;

/**
 * Writes lines, with nothing in them that a terminal would obey; settles when there is room for more, with
 * how many were taken.
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

/** Whether to colour what goes to this terminal (no-color.org). */
export function isColoured(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR;
}
