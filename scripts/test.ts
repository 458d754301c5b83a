import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summarizeModules } from '../test/support/built-servers.ts';
import { CapturedPushes, pushesVariable } from '../test/support/captured-pushes.ts';
import { sweepNamespaces } from '../test/support/namespace.ts';
import {
  givenPrograms,
  isInstalled,
  isRoot,
  type Need,
  purposes,
  unmetVariable,
} from '../test/support/needs.ts';
import { TemporaryDirectory } from '../test/support/temporary-directory.ts';
import { meetNeeds } from './meet-needs.ts';
import { type Outcome, outcomeVariable } from './test-reporter.ts';

/*
 * npm test [-- arguments of vitest: files, -t "part of a title", …]
 *
 * Installs the programs and servers that the tests need, then runs the linter, the type checker and all
 * tests. It ends with one line: `N passed, N failed` (`, N skipped` when some were left out). The linter, the
 * type checker and each further check count as one. With CI=true a test that is left out counts as failed.
 * Exempt are tests that only lack a program that developers give (`givenPrograms`): a line of their own
 * counts those.
 */

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules/.bin');
const environment: NodeJS.ProcessEnv = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
if (!process.stdout.isTTY && !process.env.FORCE_COLOR) environment.NO_COLOR = '1';
const strict = !['', '0', 'false', undefined].includes(process.env.CI?.toLowerCase());

function printLine(line: string): void {
  console.log(line);
}

function explainUnmet(unmet: Map<Need, string>): void {
  printLine(unmet.size === 0 ? 'Everything the tests need is here.' : 'Tests are left out that need:');
  for (const [need, reason] of unmet) {
    printLine(`  ${need} — for ${purposes.get(need)} — ${reason}`);
  }
}

/** Prints how many tests should have run and did not, and how many lack a given program. */
function explainLeftOut({ leftOut, notGiven }: Outcome): void {
  if (leftOut.length > 0) {
    printLine(`Left out${strict ? ', each of which is a failure with CI set' : ''}:`);
    for (const title of leftOut) printLine(`  ${title}`);
  }
  if (notGiven > 0) {
    const given = Object.entries(givenPrograms).map(([name, { variable }]) => `${name} (${variable})`);
    printLine(`${notGiven} tests left out, which is no failure: nobody has given ${given.join(', ')}.`);
  }
}

/** Runs one of the project's tools on our terminal; true when its exit status is 0. */
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

async function runVitest(args: string[], unmet: Map<Need, string>, pushes: string): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-test-'));
  const file = join(directory, 'outcome.json');
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/test-reporter.ts')}`];
  try {
    const well = await runTool('vitest', ['run', ...reporters, ...args], {
      [unmetVariable]: JSON.stringify(Object.fromEntries(unmet)),
      [outcomeVariable]: file,
      [pushesVariable]: pushes,
    });
    const outcome: Outcome = JSON.parse(readFileSync(file, 'utf8'));
    if (!well && outcome.failed === 0) outcome.failed = 1; // vitest failed as a whole, e.g. found no test
    return outcome;
  } catch {
    return { passed: 0, failed: 1, leftOut: [], notGiven: 0 }; // vitest failed before its reporters ran
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function countCheck(what: string, isWell: boolean): void {
  checks[isWell ? 'passed' : 'failed']++;
  printLine(`${isWell ? 'passed' : 'FAILED'}: ${what}`);
}

/** Prints the modules in the built servers, each of which has a list beside it. */
async function checkModules(): Promise<void> {
  try {
    const summaries = await summarizeModules();
    for (const line of summaries) printLine(`  ${line}/modules.tsv`);
    if (summaries.length > 0)
      countCheck('each module of a server is under a licence that the tests allow', true);
  } catch (error) {
    countCheck((error as Error).message, false);
  }
}

/** Lets Loki's own types read each push that the tests have captured. The whole suite captures some. */
async function checkPushes(captured: CapturedPushes, isWholeSuite: boolean): Promise<void> {
  let read = 0;
  try {
    const refusals = await captured.read(() => read++);
    if (read + refusals.length === 0 && !isWholeSuite) return;
    for (const refusal of refusals.slice(0, 20)) printLine(`  ${refusal}`);
    if (captured.leftOut > 0) printLine(`  ${captured.leftOut} pushes more than are kept were not read`);
    const refused = refusals.length > 0 ? `, ${refusals.length} refused` : '';
    countCheck(`${read} pushes read by Loki's own types${refused} (loki-push)`, read > 0 && refused === '');
  } catch (error) {
    countCheck((error as Error).message, false);
  }
}

for (const [name, { variable }] of Object.entries(givenPrograms)) {
  const path = process.env[variable];
  if (!path || isInstalled(path)) continue;
  printLine(`${variable}: expected the path of ${name}, which can be run, found ${path}`);
  process.exit(2);
}

const unmet = await meetNeeds(printLine);
explainUnmet(unmet);

const checks = { passed: 0, failed: 0 };
await checkModules();
for (const [what, tool, args] of [
  ['format and lint', 'biome', ['check', '.']],
  ['types', 'tsc', ['--noEmit']],
  ["types of the console's app", 'tsc', ['-p', 'src/console/app']],
  ["types of the tests of the console's app", 'tsc', ['-p', 'test/console/app']],
  ['package', 'node', ['scripts/build.ts']],
] as const) {
  countCheck(`${what} (${tool})`, await runTool(tool, [...args]));
}
// Their packages are not those of the checkout, and only who draws pictures installs them.
const pictures = 'grafana-dashboards/pictures';
if (existsSync(join(root, pictures, 'node_modules'))) {
  for (const project of [pictures, `${pictures}/browser`])
    countCheck(`types of ${project} (tsc)`, await runTool('tsc', ['-p', project, '--noEmit']));
}

using directory = new TemporaryDirectory();
const captured = new CapturedPushes(directory.file('pushes'));
const args = process.argv.slice(2);
const outcome = await runVitest(args, unmet, captured.directory);
const withoutReader = unmet.get('loki-push');
if (withoutReader === undefined) await checkPushes(captured, args.length === 0);
else outcome.leftOut.push(`pushes read by Loki's own types (${withoutReader})`);
const swept = isRoot() ? sweepNamespaces() : [];
if (swept.length > 0) printLine(`Removed what tests left behind: ${swept.join(', ')}`);

explainLeftOut(outcome);
await runTool('node', ['scripts/logql-standing.ts']);
const leftOut = outcome.leftOut.length;
const passed = outcome.passed + checks.passed;
const failed = outcome.failed + checks.failed + (strict ? leftOut : 0);
printLine(`${passed} passed, ${failed} failed${leftOut > 0 && !strict ? `, ${leftOut} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
