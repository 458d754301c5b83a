import { fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Answer } from './child.ts';
import { type Bench, type BenchRow, isWithinTarget } from './measure.ts';

const usage = `npm run bench [-- NAME …] [--json | --list | --help]

Runs the benchmarks, each in a process of its own, and prints one line for each case.
A benchmark whose needs are not met is left out, and a line says what it lacks. When it was named, that is an error.

  --json  prints the results as JSON
  --list  prints the names of the benchmarks, with titles and needs
  --help  prints this

Exit status 3: a stated target does not hold.
Exit status 1: a benchmark breaks, or lacks what it needs though it was named.
Exit status 2: there is no such name or option.`;

/*
 * To add a benchmark, make a file bench/NAME.ts that exports a title and a function:
 *
 *     export const title = 'IPFIX decode';
 *     export async function run(): Promise<BenchRow[]> {
 *       const records = 100_000;
 *       const { columns, objects } = await measureInterleaved({
 *         columns: () => decodeIntoColumns(messages),
 *         objects: () => decodeIntoObjects(messages),
 *       });
 *       return [
 *         rateRow('43 elements into columns', 'records/s', records, columns, {
 *           ratio: timesFaster(columns, objects),
 *           against: 'one object a record',
 *           target: { of: 'ratio', atLeast: 10 },
 *         }),
 *       ];
 *     }
 *
 * measure.ts has the helpers. A benchmark checks its own result (count what was decoded): the speed of a
 * wrong answer is worth nothing. One that needs more than Node also exports its needs:
 *
 *     export const needs: readonly Need[] = ['victoria-logs'];
 */

interface Result {
  name: string;
  title: string;
  rows: (BenchRow & { holds?: boolean })[];
}

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && /^export const title\b/m.test(readBenchmark(file)))
  .map((file) => basename(file, '.ts'));

const { values: flags, positionals } = readArguments();
if (flags.help) {
  console.log(usage);
  process.exit();
}
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) refuseCall(`There is no benchmark ${unknown.join(', ')}.`);
const chosen = positionals.length > 0 ? positionals : names;
if (flags.list) {
  await listBenchmarks();
  process.exit();
}

const results: Result[] = [];
const leftOut: { name: string; reason: string }[] = [];
const broken: string[] = [];
for (const name of chosen) {
  if (process.stderr.isTTY) process.stderr.write(`${name} …\r`);
  try {
    const answer = await runAlone(name);
    if ('unmet' in answer) {
      leaveOut(name, answer.unmet.join('; '));
      continue;
    }
    const result = { name, title: answer.title, rows: answer.rows.map(withVerdict) };
    results.push(result);
    if (!flags.json) printResult(result);
  } catch (error) {
    broken.push(name);
    console.error(`${name}: ${(error as Error).message}`);
  }
}
if (flags.json) {
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  console.log(JSON.stringify({ machine, benchmarks: results, leftOut, broken }, null, 2));
}
const missed = results.some(({ rows }) => rows.some((row) => row.holds === false));
process.exitCode = broken.length > 0 ? 1 : missed ? 3 : 0;

function readArguments() {
  try {
    return parseArgs({
      options: {
        json: { type: 'boolean' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    });
  } catch (error) {
    return refuseCall(`${(error as Error).message.split('. ')[0]}.`);
  }
}

function refuseCall(complaint: string): never {
  console.error(`${complaint} See npm run bench -- --list, or --help.`);
  process.exit(2);
}

async function listBenchmarks(): Promise<void> {
  const width = Math.max(...chosen.map((name) => name.length));
  for (const name of chosen) {
    const { title, needs = [] }: Bench = await import(join(import.meta.dirname, `${name}.ts`));
    console.log(`${name.padEnd(width)}  ${title}${needs.length > 0 ? ` (needs ${needs.join(', ')})` : ''}`);
  }
}

function readBenchmark(file: string): string {
  return readFileSync(join(import.meta.dirname, file), 'utf8');
}

/** @throws when it was named on the command line: then its result is expected */
function leaveOut(name: string, reason: string): void {
  if (positionals.includes(name)) throw new Error(reason);
  leftOut.push({ name, reason });
  if (!flags.json) console.log(`${name} is left out: ${reason}`);
}

function withVerdict(row: BenchRow): Result['rows'][number] {
  return row.target === undefined ? row : { ...row, holds: isWithinTarget(row)! };
}

function runAlone(name: string): Promise<Answer> {
  const child = fork(join(import.meta.dirname, 'child.ts'), [join(import.meta.dirname, `${name}.ts`)], {
    execArgv: ['--expose-gc'],
    // a benchmark prints for people: only results go to standard output
    stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
  });
  let answer: Answer | undefined;
  child.once('message', (message: Answer) => {
    answer = message;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (answer === undefined) reject(new Error(`ended with ${signal ?? code} and no result`));
      else resolve(answer);
    });
  });
}

/** The title, and under it the rows in aligned columns. */
function printResult({ title, rows }: Result): void {
  const cells = rows.map((row) => [
    row.name,
    figureText(row.median),
    row.unit,
    spreadText(row.spread),
    row.ratio === undefined ? '' : `${figureText(row.ratio)} × ${spreadText(row.ratioSpread)}`.trimEnd(),
    row.against === undefined ? '' : `against ${row.against}`,
    targetText(row),
  ]);
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]!.length))) ?? [];
  const numeric = [1, 3, 4];
  console.log(title);
  for (const row of cells) {
    const aligned = row.map((cell, column) =>
      numeric.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    );
    console.log(`  ${aligned.filter((_, column) => widths[column]! > 0).join('  ')}`.trimEnd());
  }
}

function spreadText(spread: number | undefined): string {
  return spread === undefined ? '' : `± ${(spread * 100).toFixed(0)} %`;
}

function targetText({ target, unit, holds }: Result['rows'][number]): string {
  if (!target) return '';
  const of = target.of === 'ratio' ? '×' : unit;
  const bounds = [
    ...(target.atLeast === undefined ? [] : [`at least ${figureText(target.atLeast)}`]),
    ...(target.atMost === undefined ? [] : [`at most ${figureText(target.atMost)}`]),
  ];
  return `${bounds.join(' and ')} ${of}: ${holds ? 'holds' : 'MISSED'}`;
}

/** Four significant digits, thousands apart. */
function figureText(value: number): string {
  return value.toLocaleString(
    'en-US',
    value >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4 },
  );
}
