import type { ErrorCode } from '../runtime/index.ts';

/** What a refusal of the operating system means for a person. */
interface Refusal {
  readonly code: ErrorCode;
  readonly remedy: string;
}

export interface DiskRefusals {
  readonly diskFull: Refusal;
  readonly notPermitted: Refusal;
  /** By further codes of the operating system, such as ELOOP. */
  readonly others: Readonly<Record<string, Refusal>>;
  readonly unforeseen: Refusal;
}

/** The code of an operating system error, such as ENOSPC. */
export const errnoOf = (error: unknown): string | undefined =>
  (error as NodeJS.ErrnoException | undefined)?.code;

/** Whether the disk, or the user's part of it, has no room. */
export const isDiskFull = (errno: string | undefined): boolean => errno === 'ENOSPC' || errno === 'EDQUOT';

/** @param errno a code of the operating system, if there is one */
export function refusalBy(errno: string | undefined, refusals: DiskRefusals): Refusal {
  if (isDiskFull(errno)) return refusals.diskFull;
  switch (errno) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return refusals.notPermitted;
    default:
      return refusals.others[errno ?? ''] ?? refusals.unforeseen;
  }
}
