import { WeirError } from '../../runtime/index.ts';
import { type DiskRefusals, errnoOf, refusalBy } from '../disk-refusals.ts';

/**
 * An error for what the operating system refused, with a remedy.
 * @param attempt completes "cannot … the spool"
 */
export function spoolError(attempt: string, path: string, cause: unknown): WeirError {
  if (cause instanceof WeirError) return cause;
  const { code, remedy } = refusalBy(errnoOf(cause), refusals);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new WeirError(code, `cannot ${attempt} the spool ${path}: ${reason}`, { remedy, cause });
}

const refusals: DiskRefusals = {
  diskFull: {
    code: 'WEIR_SPOOL_DISK_FULL',
    remedy:
      'Free space on its file system, or give the spool a limit below the free space. It continues by itself.',
  },
  notPermitted: {
    code: 'WEIR_SPOOL_NOT_PERMITTED',
    remedy:
      'The directory and its files must be writable for the user Weir runs as, on a file system mounted rw.',
  },
  others: {
    ELOOP: {
      code: 'WEIR_SPOOL_LINK',
      remedy:
        'One of its segments is a symbolic link, which Weir does not follow. Remove it, and find out who created it.',
    },
  },
  unforeseen: {
    code: 'WEIR_SPOOL_FAILED',
    remedy: 'Check that the directory exists, and look for errors of its disk in the kernel log.',
  },
};
