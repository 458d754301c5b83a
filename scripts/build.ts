import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/*
 * npm run build: builds dist/ as published, JavaScript with types and source maps from src/, and the console
 * as browsers load it. It checks that the files in package.json's `exports` exist, that files that modules
 * refer to by URL exist, and that the program starts.
 */

const root = join(import.meta.dirname, '..');
const source = join(root, 'src');
const dist = join(root, 'dist');

function runCommand(command: string, args: string[]): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status === 0) return stdout;
  failBuild(`${command} ${args.join(' ')}: ${error?.message ?? `ended with ${status}`}\n${stdout}${stderr}`);
}

function failBuild(message: string): never {
  console.error(`npm run build: ${message.trim()}`);
  process.exit(1);
}

/** Copies the files that a module refers to by `new URL('./name', import.meta.url)`, e.g. data and pages. */
function copyNamedFiles(module: string): void {
  for (const [, name] of readFileSync(module, 'utf8').matchAll(
    /new URL\('(\.[^']+)', import\.meta\.url\)/g,
  )) {
    const target = join(dirname(module), name!);
    if (existsSync(target)) continue;
    const original = join(source, relative(dist, target));
    if (!existsSync(original) || original.endsWith('.ts')) {
      failBuild(`${relative(root, module)} names ${name}, which dist/ will not have`);
    }
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(original, target);
  }
}

/** The paths in package.json's `exports`. */
function promisedFiles(exports: unknown): string[] {
  if (typeof exports === 'string') return [exports];
  return Object.values(exports as object).flatMap(promisedFiles);
}

rmSync(dist, { recursive: true, force: true });
runCommand(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json']);
const modules = globSync(`${dist}/**/*.js`);
runCommand(process.execPath, ['scripts/console.ts', '--output', join(dist, 'console/app')]);
for (const module of modules) copyNamedFiles(module);

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
for (const file of promisedFiles(exports)) {
  if (!existsSync(join(root, file))) failBuild(`package.json exports ${file}, which was not built`);
}

const program = join(dist, 'cli/main.js');
if (existsSync(program) && !runCommand(process.execPath, [program, '--help']).includes('Usage: weir')) {
  failBuild('dist/cli/main.js --help does not show its usage');
}
console.log(`dist/: ${modules.length} modules with their types`);
