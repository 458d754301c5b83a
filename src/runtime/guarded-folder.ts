import { constants } from 'node:fs';
import { stat } from 'node:fs/promises';
import { WeirError } from './errors.ts';

/** Flags for opening a file without following a symbolic link. */
export const NO_LINK = constants.O_NOFOLLOW;

/** Error code for a folder that every user may write to. */
export const FOLDER_OPEN_TO_ALL = 'WEIR_FOLDER_OPEN_TO_ALL';

const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/**
 * Refuses a folder to which every user of the host may write: they could put a file or a link where Weir
 * writes its own.
 * @param mayBeShared accepts a folder like /tmp, whose sticky bit keeps users from others' files
 * @returns whether it is such a shared folder
 * @throws {WeirError} WEIR_FOLDER_OPEN_TO_ALL; what `stat` throws
 */
export async function expectGuardedFolder(folder: string, mayBeShared: boolean): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & OTHERS_WRITE) === 0) return false;
  if (mayBeShared && (mode & STICKY) !== 0) return true;
  throw new WeirError(FOLDER_OPEN_TO_ALL, `every user of this host can write to the directory ${folder}`, {
    remedy: `Remove that permission (chmod o-w ${folder}), or name a directory below it that only this user can write to.`,
  });
}
