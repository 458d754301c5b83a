import { WeirError } from '../runtime/index.ts';
import { type DiskRefusals, errnoOf, refusalBy } from '../sinks/index.ts';

/**
 * An error for what the operating system or DuckDB refused, with a remedy.
 * @param attempt completes "cannot … the history"
 */
export function historyError(attempt: string, path: string, cause: unknown): WeirError {
  if (cause instanceof WeirError) return cause;
  const { code, remedy } = refusalBy(errnoOf(cause) ?? errnoIn(String(cause)), refusals);
  return new WeirError(code, `cannot ${attempt} the history${path && ` ${path}`}: ${firstLineOf(cause)}`, {
    remedy,
    cause,
  });
}

/** @param most octets that the history takes at once */
export const tooLargeBatch = (octets: number, most: number): WeirError =>
  new WeirError(
    'WEIR_HISTORY_BATCH_TOO_LARGE',
    `a batch of ${octets} octets does not fit into the history, which takes ${most} at once`,
    { remedy: 'Give the history a higher limit.' },
  );

/** DuckDB shows a stack of its own after the first line. */
export const firstLineOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!;

/** DuckDB reports the reason of the system only in its text. */
export const errnoIn = (text: string): string | undefined =>
  errnoTexts.find(([, words]) => words.test(text))?.[0];

const errnoTexts = [
  ['ENOSPC', /no space left/i],
  ['EACCES', /permission denied/i],
  ['EIO', /input\/output error/i],
  ['ENFILE', /too many open files in system/i],
  ['EMFILE', /too many open files/i],
  ['ENOMEM', /cannot allocate memory/i],
] as const;

/** What this process lacks, or its host. No file is the reason. */
const shortages: DiskRefusals['others'] = {
  EMFILE: {
    code: 'WEIR_HISTORY_FAILED',
    remedy:
      'Let the process open more files (ulimit -n, or LimitNOFILE= of its unit), or ask for a shorter time.',
  },
  ENFILE: {
    code: 'WEIR_HISTORY_FAILED',
    remedy: 'Let the host open more files (sysctl fs.file-max), or end what has many open.',
  },
  ENOMEM: {
    code: 'WEIR_HISTORY_FAILED',
    remedy: 'Free memory of the host, or give the process a higher limit.',
  },
};

export const isShortage = (errno: string | undefined): boolean => errno !== undefined && errno in shortages;

const missing = {
  code: 'WEIR_HISTORY_MISSING',
  remedy: 'Name the directory of a history with --directory, or keep one with "weir up".',
} as const;

const refusals: DiskRefusals = {
  diskFull: {
    code: 'WEIR_HISTORY_DISK_FULL',
    remedy:
      'Free space on its file system, or give the history a limit below the free space. It goes on by itself.',
  },
  notPermitted: {
    code: 'WEIR_HISTORY_NOT_PERMITTED',
    remedy: 'Run the command as the user whose history it is, for example with sudo.',
  },
  others: {
    ENOENT: missing,
    ENOTDIR: missing,
    EISDIR: {
      code: 'WEIR_HISTORY_FAILED',
      remedy: 'A folder has the name of a file of the history: move it away.',
    },
    ...shortages,
  },
  unforeseen: {
    code: 'WEIR_HISTORY_FAILED',
    remedy: 'Check that its directory exists, and look for errors of its disk in the kernel log.',
  },
};
