import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FlowBatch, noCondition } from '../src/flow/index.ts';
import { History, readTotals, type Totals, type TotalsWanted } from '../src/store/index.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { FlowCorpus } from '../test/support/flow-corpus.ts';
import { type BenchRow, measureWork, quantileOf } from './measure.ts';

export const title =
  'questions about a month of the history (WEIR_BENCH_RECORDS sets its size, WEIR_BENCH_DIRECTORY keeps it)';

/** Records of the month. */
const RECORDS = Number(process.env.WEIR_BENCH_RECORDS ?? 500_000);
/** A month in this directory is used again. One that is missing is made in it. */
const KEPT = process.env.WEIR_BENCH_DIRECTORY;
const HOUR_MS = 3_600_000;
const HOURS = 30 * 24;
/** A busy history makes more files of a month, a quiet one one for each hour. */
const FILES = 180;
const FILE_MS = (HOURS * HOUR_MS) / FILES;
const START_MS = Date.UTC(2026, 0, 1);
const TARGET_MS = 300;
const RUNS = 20;
/** A question that only records answer is about so many. */
const RAW_RECORDS = 10_000_000;
const RAW_TARGET_MS = 1_000;
const LIMITS = { maxOctets: 100 * 2 ** 30, maxAgeMs: 400 * 24 * HOUR_MS };
/** All sums, as in a history with room. */
const ALL = { percent: 20, maxAgeMs: LIMITS.maxAgeMs };

const month = { fromMs: START_MS, toMs: START_MS + HOURS * HOUR_MS };
/** As somebody asks at any moment. */
const anyMonth = { fromMs: month.fromMs + 1_053_123, toMs: month.toMs - 812_345 };
const common = { condition: noCondition, measures: ['octets' as const, 'records' as const], top: 20 };

const questions: Readonly<Record<string, TotalsWanted>> = {
  'top workloads': { ...common, ...anyMonth, by: ['sourceWorkload'] },
  'a time series of namespaces, by whole hours': {
    ...common,
    ...month,
    by: ['sourceNamespace'],
    stepMs: 4 * HOUR_MS,
  },
  'a time series of namespaces, from any moment': {
    ...common,
    ...anyMonth,
    by: ['sourceNamespace'],
    stepMs: 4 * HOUR_MS,
  },
  'a sankey of workloads and ports': {
    ...common,
    ...anyMonth,
    by: ['sourceWorkload', 'destinationWorkload', 'destinationPort'],
    top: 100,
  },
};

export async function run(): Promise<BenchRow[]> {
  const place = KEPT ?? (await mkdtemp(join(tmpdir(), 'weir-bench-')));
  // The number of records is in the name, so that a month of another size is another one.
  const directory = join(place, `month-of-${RECORDS}`);
  try {
    const rows: BenchRow[] = await makeMissing(directory);
    for (const [name, wanted] of Object.entries(questions))
      rows.push(await measureQuestion(directory, name, wanted, TARGET_MS));
    rows.push(await measureQuestion(directory, 'top Pods of many records', aboutRecords(), RAW_TARGET_MS));
    return rows;
  } finally {
    if (KEPT === undefined) await rm(place, { recursive: true });
  }
}

/** Under its name there is only a complete month. */
async function makeMissing(directory: string): Promise<BenchRow[]> {
  if (existsSync(directory)) return [];
  const unfinished = `${directory}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const made = await makeMonth(unfinished);
  await rename(unfinished, directory);
  return [made];
}

/** Pods are in records only. */
function aboutRecords(): TotalsWanted {
  const shareOfMonth = Math.min(1, RAW_RECORDS / RECORDS);
  const fromMs = month.toMs - Math.floor(shareOfMonth * HOURS * HOUR_MS);
  return { ...common, fromMs, toMs: month.toMs, by: ['sourcePod'] };
}

/** As an aggregator writes it, with the sums of all files. */
async function makeMonth(directory: string): Promise<BenchRow> {
  const clock = new FakeClock(START_MS);
  const began = performance.now();
  await using history = await History.open({
    directory,
    clock,
    ...LIMITS,
    sums: { minutes: ALL, hours: ALL },
    onTrouble: (kind, text) => {
      throw new Error(`${kind}: ${text}`);
    },
  });
  let stored = 0;
  let files = 0;
  for (const batch of batchesOfMonth()) {
    clock.set(START_MS + (stored / RECORDS) * HOURS * HOUR_MS - clock.now());
    if (clock.now() >= START_MS + (files + 1) * FILE_MS) {
      await history.flush();
      files++;
    }
    await history.append(batch);
    stored += batch.length;
  }
  await history.flush();
  if (stored !== RECORDS) throw new Error(`${stored} of ${RECORDS} records are stored`);
  return {
    name: 'stored, with all sums',
    median: (stored * 1000) / (performance.now() - began),
    unit: 'records/s',
  };
}

function batchesOfMonth(): Generator<FlowBatch> {
  const rowsPerBatch = Math.max(1, Math.min(1_024, Math.floor(RECORDS / FILES / 20)));
  const recordsPerSecond = RECORDS / (HOURS * 3_600);
  const distinct = Math.min(RECORDS, rowsPerBatch * 400);
  return new FlowCorpus({
    records: RECORDS,
    startMs: START_MS,
    rowsPerBatch,
    recordsPerSecond,
    distinct,
  }).batches();
}

async function measureQuestion(
  directory: string,
  name: string,
  wanted: TotalsWanted,
  targetMs: number,
): Promise<BenchRow> {
  let totals: Totals | undefined;
  const timing = await measureWork(
    async () => {
      totals = await readTotals(directory, wanted, new AbortController().signal);
    },
    { runs: RUNS, warmup: 1 },
  );
  const { tiers, rows, groups, sumsNotes } = totals!;
  const records = groups.reduce((sum, { now }) => sum + now[1]!, 0n);
  const isWhole = wanted.fromMs === month.fromMs && wanted.toMs === month.toMs;
  if (sumsNotes.length > 0 || (isWhole && records !== BigInt(RECORDS)) || records === 0n)
    throw new Error(`${name} counts ${records} of ${RECORDS} records`);
  return {
    name: `95 % of answers to ${name}, ${rows.toLocaleString('en-US')} rows of ${tiers.join(', ')}`,
    median: quantileOf(timing.durationsMs, 0.95),
    unit: 'ms',
    target: { atMost: targetMs },
  };
}
