import { execFileSync } from 'node:child_process';
import { basename, dirname } from 'node:path';

/**
 * Writes a folder into a tar.gz, under its own name. Owners and times are independent of the builder and the
 * time.
 */
export function writeArchive(folder: string, date: Date, to: string): void {
  execFileSync('tar', [
    '--create',
    '--gzip',
    `--file=${to}`,
    `--directory=${dirname(folder)}`,
    '--sort=name',
    '--owner=root:0',
    '--group=root:0',
    '--mode=go=u-w',
    `--mtime=${date.toISOString()}`,
    basename(folder),
  ]);
}
