import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { everyCommand, weirProgram } from '../../src/cli/program.ts';
import { commandWords } from './command-words.ts';
import { bashCompletion, fishCompletion, zshCompletion } from './completions.ts';
import { manualName, manualPage } from './manual-page.ts';

export interface Release {
  readonly version: string;
  /** As Node calls it: x64, arm64. It need not be this machine's. */
  readonly cpu: string;
  /**
   * The time of the last commit. Every file of a package has it, so that a commit always gives the same
   * package.
   */
  readonly date: Date;
}

/**
 * Writes the whole program for an architecture into an empty folder. These are the files of the
 * npm package with their libraries and Node, manual pages, completions, systemd units and example
 * configurations.
 * @param packed the npm package
 * @throws {Error} when npm fails, with its own message on standard error; or when a part is missing
 */
export async function layProgramFiles(
  root: string,
  packed: string,
  folder: string,
  { version, cpu, date }: Release,
): Promise<void> {
  runCommand(folder, 'tar', '--extract', '--strip-components=1', '--no-same-owner', '--file', packed);
  copyFileSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
  runCommand(
    folder,
    'npm',
    'ci',
    '--omit=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `--cpu=${cpu}`,
  );
  for (const unneeded of ['package-lock.json', 'node_modules/.bin', 'node_modules/.package-lock.json']) {
    rmSync(join(folder, unneeded), { recursive: true, force: true });
  }
  // They are optional, so npm leaves out without a word what it cannot fetch.
  for (const needed of [`node-linux-${cpu}`, `@duckdb/node-bindings-linux-${cpu}`]) {
    if (!existsSync(join(folder, 'node_modules', needed))) throw new Error(`npm did not install ${needed}`);
  }
  const node = join(folder, 'node_modules', `node-linux-${cpu}`);
  for (const unneeded of ['include', 'share', 'README.md', 'CHANGELOG.md']) {
    rmSync(join(node, unneeded), { recursive: true, force: true });
  }
  for (const file of globSync('node_modules/**/*.{map,d.ts,d.mts,d.cts}', { cwd: folder })) {
    rmSync(join(folder, file));
  }
  await layManual(join(folder, 'man'), version, date);
  await layCompletions(join(folder, 'completions'));
}

/** Makes the npm package in a folder, and returns its path. */
export function packProgram(root: string, to: string): string {
  runCommand(root, 'npm', 'pack', '--pack-destination', to);
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return join(to, `${name}-${version}.tgz`);
}

function runCommand(directory: string, command: string, ...words: string[]): void {
  execFileSync(command, words, { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function layManual(folder: string, version: string, date: Date): Promise<void> {
  mkdirSync(folder);
  const day = date.toISOString().slice(0, 10);
  for (const command of everyCommand(await weirProgram())) {
    writeFileSync(join(folder, `${manualName(command)}.1`), manualPage(command, version, day));
  }
}

async function layCompletions(folder: string): Promise<void> {
  mkdirSync(folder);
  const words = commandWords(await weirProgram());
  writeFileSync(join(folder, 'weir.bash'), bashCompletion(words));
  writeFileSync(join(folder, '_weir'), zshCompletion(words));
  writeFileSync(join(folder, 'weir.fish'), fishCompletion(words));
}
