import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** In a package the app as it is built, in a checkout its sources. */
const app = join(import.meta.dirname, '../app');
const builder = join(import.meta.dirname, '../../../scripts/console.ts');
const BUILD_MS = 30_000;

/**
 * Hands over the folder with the app as it is built. A checkout builds it, which takes a quarter of a second,
 * into a folder that is removed afterwards.
 * @throws {Error} saying why there is none
 */
export async function withBuiltApp<T>(use: (folder: string) => Promise<T>): Promise<T> {
  if (!existsSync(join(app, 'main.tsx'))) return use(app);
  const folder = await mkdtemp(join(tmpdir(), 'weir-console-'));
  try {
    await buildInto(folder);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function buildInto(folder: string): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [builder, '--output', folder], { timeout: BUILD_MS });
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { stderr?: string };
    if (/ERR_MODULE_NOT_FOUND/.test(stderr))
      throw new Error('esbuild, which builds the console, is not installed: run "npm ci"', { cause });
    const [line = message] = /^.*error.*$/im.exec(stderr) ?? [];
    throw new Error(`the console cannot be built ("npm run console" shows all): ${line}`, { cause });
  }
}
