/**
 * Standard output carries data and nothing else. A reader that has gone (`weir flows | head`) is no
 * failure: the program ends quietly, a server after it has drained.
 */
let onClosed = () => process.exit(0);

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') onClosed();
  else throw error;
});

/** Has `end` called instead of exiting when the reader of standard output goes away. */
export function whenOutputCloses(end: () => void): void {
  onClosed = end as () => never;
}

/** Writes lines; settles when there is room for more, with whether they were taken. */
export function writeLines(lines: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdout.write(lines.map((line) => `${line}\n`).join(''), (error) => resolve(!error));
  });
}

/** Whether to colour what goes to this terminal (no-color.org). */
export function isColoured(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR;
}
