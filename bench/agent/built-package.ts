import { execFileSync } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TemporaryDirectory } from '../../test/support/temporary-directory.ts';

/**
 * Builds the modules as a package has them: without types, and from no compile cache.
 * @returns the path of the launcher
 */
export function builtLauncher(directory: TemporaryDirectory): string {
  const [root, folder] = [fileURLToPath(new URL('../..', import.meta.url)), directory.file('package')];
  const compiler = join(root, 'node_modules/.bin/tsc');
  execFileSync(compiler, ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')]);
  for (const name of ['bin', 'package.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'bin/weir');
}
