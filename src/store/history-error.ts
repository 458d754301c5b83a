import { type ErrorCode, WeirError } from '../runtime/index.ts';

/**
 * An error for what the operating system or DuckDB refused, with a remedy.
 * @param attempt completes "cannot … the history"
 */
export function historyError(attempt: string, path: string, cause: unknown): WeirError {
  if (cause instanceof WeirError) return cause;
  const { code, remedy } = refusals[refusalOf(cause)] ?? unforeseen;
  const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  return new WeirError(code, `cannot ${attempt} the history${path && ` ${path}`}: ${reason}`, {
    remedy,
    cause,
  });
}

/** DuckDB tells the reason of the system only in its text. */
function refusalOf(cause: unknown): string {
  const { code, message = '' } = cause as NodeJS.ErrnoException;
  if (code !== undefined) return code;
  return /no space left/i.test(message) ? 'ENOSPC' : /permission denied/i.test(message) ? 'EACCES' : '';
}

interface Refusal {
  readonly code: ErrorCode;
  readonly remedy: string;
}

const diskFull: Refusal = {
  code: 'WEIR_HISTORY_DISK_FULL',
  remedy:
    'Free space on its file system, or give the history a limit below the free space. It goes on by itself.',
};
const notPermitted: Refusal = {
  code: 'WEIR_HISTORY_NOT_PERMITTED',
  remedy: 'Run the command as the user whose history it is, for example with sudo.',
};
const missing: Refusal = {
  code: 'WEIR_HISTORY_MISSING',
  remedy: 'Name the directory of a history with --directory, or keep one with "weir up".',
};
const unforeseen: Refusal = {
  code: 'WEIR_HISTORY_FAILED',
  remedy: 'Check that its directory exists, and look for errors of its disk in the kernel log.',
};
const refusals: Readonly<Record<string, Refusal>> = {
  ENOSPC: diskFull,
  EDQUOT: diskFull,
  EACCES: notPermitted,
  EPERM: notPermitted,
  EROFS: notPermitted,
  ENOENT: missing,
};

/** The code of an operating system error, such as ENOENT. */
export const errorNumberOf = (error: unknown): string | undefined =>
  (error as NodeJS.ErrnoException | undefined)?.code;
