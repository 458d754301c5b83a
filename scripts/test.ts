import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sweepNamespaces } from '../test/support/namespace.ts';
import { isRoot, type Need, purposes, unmetVariable } from '../test/support/needs.ts';
import { meetNeeds } from './meet-needs.ts';
import { type Outcome, outcomeVariable } from './test-reporter.ts';

/*
 * npm test [-- what vitest takes: files, -t "part of a title", …]
 *
 * Gets the programs and servers that the tests need, then runs the linter, the type checker and all tests,
 * and ends with one line: `N passed, N failed` (`, N skipped` when some were left out). The linter and the
 * type checker count as one each. With CI=true a test that is left out counts as failed.
 */

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules/.bin');
const environment: NodeJS.ProcessEnv = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
if (!process.stdout.isTTY && !process.env.FORCE_COLOR) environment.NO_COLOR = '1';
const strict = !['', '0', 'false', undefined].includes(process.env.CI?.toLowerCase());

function say(line: string): void {
  console.log(line);
}

function explain(unmet: Map<Need, string>): void {
  say(unmet.size === 0 ? 'Everything the tests need is here.' : 'Tests are left out that need:');
  for (const [need, reason] of unmet) {
    say(`  ${need} — for ${purposes.get(need)} — ${reason}`);
  }
}

/** Runs one of the project's tools on our terminal; true when it ends with 0. */
function runTool(tool: string, args: string[], extra: NodeJS.ProcessEnv = {}): Promise<boolean> {
  const child = spawn(join(bin, tool), args, {
    cwd: root,
    env: { ...environment, ...extra },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0));
  });
}

async function runVitest(args: string[], unmet: Map<Need, string>): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-test-'));
  const file = join(directory, 'outcome.json');
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/test-reporter.ts')}`];
  try {
    const well = await runTool('vitest', ['run', ...reporters, ...args], {
      [unmetVariable]: JSON.stringify(Object.fromEntries(unmet)),
      [outcomeVariable]: file,
    });
    const outcome: Outcome = JSON.parse(readFileSync(file, 'utf8'));
    if (!well && outcome.failed === 0) outcome.failed = 1; // vitest failed as a whole: no test found, say
    return outcome;
  } catch {
    return { passed: 0, failed: 1, leftOut: [] }; // vitest did not get as far as its reporters
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const unmet = await meetNeeds(say);
explain(unmet);

const checks = { passed: 0, failed: 0 };
for (const [what, tool, args] of [
  ['format and lint', 'biome', ['check', '.']],
  ['types', 'tsc', ['--noEmit']],
  ['package', 'node', ['scripts/build.ts']],
] as const) {
  const well = await runTool(tool, [...args]);
  checks[well ? 'passed' : 'failed']++;
  say(`${well ? 'passed' : 'FAILED'}: ${what} (${tool})`);
}

const outcome = await runVitest(process.argv.slice(2), unmet);
const swept = isRoot() ? sweepNamespaces() : [];
if (swept.length > 0) say(`Removed what tests left behind: ${swept.join(', ')}`);

if (outcome.leftOut.length > 0) {
  say(`Left out${strict ? ', each of which is a failure with CI set' : ''}:`);
  for (const title of outcome.leftOut) say(`  ${title}`);
}
const leftOut = outcome.leftOut.length;
const passed = outcome.passed + checks.passed;
const failed = outcome.failed + checks.failed + (strict ? leftOut : 0);
say(`${passed} passed, ${failed} failed${leftOut > 0 && !strict ? `, ${leftOut} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
