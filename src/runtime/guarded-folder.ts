import { constants } from 'node:fs';
import { stat } from 'node:fs/promises';
import { WeirError } from './errors.ts';

/** Flags to open a file by, so that a symbolic link that somebody put there leads nowhere. */
export const NO_LINK = constants.O_NOFOLLOW;

/** Code of the error for a folder that is open to all. */
export const FOLDER_OPEN_TO_ALL = 'WEIR_FOLDER_OPEN_TO_ALL';

const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/**
 * Refuses a folder to which every user of the host may write: they could put a file, or a link, where Weir
 * writes its own.
 * @param mayBeShared whether a folder like /tmp will do, in which nobody removes or renames what is another's
 * @returns whether it is such a folder
 * @throws {WeirError} WEIR_FOLDER_OPEN_TO_ALL; what `stat` throws
 */
export async function expectGuardedFolder(folder: string, mayBeShared: boolean): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & OTHERS_WRITE) === 0) return false;
  if (mayBeShared && (mode & STICKY) !== 0) return true;
  throw new WeirError(FOLDER_OPEN_TO_ALL, `every user of this host may write to the folder ${folder}`, {
    remedy: `Take that right away (chmod o-w ${folder}), or name a folder below it, which only this user may write to.`,
  });
}
