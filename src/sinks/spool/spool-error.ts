import { type ErrorCode, WeirError } from '../../runtime/index.ts';

/** The code of an operating system error, such as ENOSPC. */
export function errnoOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/**
 * An error for what the operating system refused, with a remedy.
 * @param attempt completes "cannot … the spool"
 */
export function spoolError(attempt: string, path: string, cause: unknown): WeirError {
  if (cause instanceof WeirError) return cause;
  const { code, remedy } = refusals[errnoOf(cause) ?? ''] ?? unforeseen;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new WeirError(code, `cannot ${attempt} the spool ${path}: ${reason}`, { remedy, cause });
}

interface Refusal {
  readonly code: ErrorCode;
  readonly remedy: string;
}

const diskFull: Refusal = {
  code: 'WEIR_SPOOL_DISK_FULL',
  remedy:
    'Free space on its file system, or give the spool a limit below the free space. It continues by itself.',
};
const notPermitted: Refusal = {
  code: 'WEIR_SPOOL_NOT_PERMITTED',
  remedy:
    'The directory and its files must be writable for the user Weir runs as, on a file system mounted rw.',
};
const unforeseen: Refusal = {
  code: 'WEIR_SPOOL_FAILED',
  remedy: 'Check that the directory exists, and look for errors of its disk in the kernel log.',
};
const link: Refusal = {
  code: 'WEIR_SPOOL_LINK',
  remedy:
    'One of its segments is a symbolic link, which Weir does not follow. Remove it, and find out who created it.',
};
const refusals: Readonly<Record<string, Refusal>> = {
  ENOSPC: diskFull,
  EDQUOT: diskFull,
  EACCES: notPermitted,
  EPERM: notPermitted,
  EROFS: notPermitted,
  ELOOP: link,
};
