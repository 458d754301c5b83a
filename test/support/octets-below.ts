import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Octets of all files in a folder and in those below it; 0 when there is no such folder. */
export function octetsBelow(directory: string): number {
  if (!existsSync(directory)) return 0;
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
