import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FlowBatch, noCondition } from '../src/flow/index.ts';
import { History, readTotals, type TimeSpan, type Totals, type TotalsWanted } from '../src/store/index.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { FlowCorpus } from '../test/support/flow-corpus.ts';
import { type BenchRow, measureWork, quantileOf } from './measure.ts';

export const title =
  'questions about a month of the history (WEIR_BENCH_RECORDS sets its size, WEIR_BENCH_DIRECTORY keeps it)';

/** Records of the month. */
const RECORDS = Number(process.env.WEIR_BENCH_RECORDS ?? 500_000);
/** Records of the half an hour after it, which are no file yet. */
const LOG_RECORDS = 80_000;
const LOG_MS = 1_800_000;
/** A month in this directory is used again. One that is missing is made in it. */
const KEPT = process.env.WEIR_BENCH_DIRECTORY;
const HOUR_MS = 3_600_000;
const HOURS = 30 * 24;
/** A busy history makes more files of a month, a quiet one one for each hour. */
const FILES = 180;
const FILE_MS = (HOURS * HOUR_MS) / FILES;
const START_MS = Date.UTC(2026, 0, 1);
const END_MS = START_MS + HOURS * HOUR_MS;
const TARGET_MS = 300;
const RUNS = 20;
/** A question that only records answer is about so many. */
const RAW_RECORDS = 10_000_000;
const RAW_TARGET_MS = 1_000;
const LIMITS = { maxOctets: 100 * 2 ** 30, maxAgeMs: 400 * 24 * HOUR_MS };
/** All sums, as in a history with room. */
const ALL = { percent: 20, maxAgeMs: LIMITS.maxAgeMs };

interface Place {
  readonly name: string;
  readonly directory: string;
  readonly records: number;
  readonly whole: TimeSpan;
}

const common = { condition: noCondition, measures: ['octets' as const, 'records' as const], top: 20 };

type Question = Omit<TotalsWanted, keyof TimeSpan>;

const questions: Readonly<Record<string, Question>> = {
  'top namespaces': { ...common, by: ['sourceNamespace'] },
  'top workloads': { ...common, by: ['sourceWorkload'] },
  'a time series of namespaces': { ...common, by: ['sourceNamespace'], stepMs: 4 * HOUR_MS },
  'a sankey of workloads and ports': {
    ...common,
    by: ['sourceWorkload', 'destinationWorkload', 'destinationPort'],
    top: 100,
  },
};

/** Somebody asks about whole hours, or at any moment. */
const times: Readonly<Record<string, (whole: TimeSpan) => TimeSpan>> = {
  'by whole hours': (whole) => whole,
  'from any moment': ({ fromMs, toMs }) => ({ fromMs: fromMs + 1_053_123, toMs: toMs - 2_412_345 }),
};

export async function run(): Promise<BenchRow[]> {
  const kept = KEPT ?? (await mkdtemp(join(tmpdir(), 'weir-bench-')));
  // The number of records is in the name, so that a month of another size is another one.
  const directory = join(kept, `month-of-${RECORDS}`);
  const whole = { fromMs: START_MS, toMs: END_MS };
  const month = { name: 'a month', directory, records: RECORDS, whole };
  const withLog = {
    name: 'a month and a log',
    directory: `${directory}-and-log`,
    records: RECORDS + LOG_RECORDS,
    whole: { fromMs: START_MS, toMs: END_MS + HOUR_MS },
  };
  try {
    const rows: BenchRow[] = [];
    await makeMissing(directory, async (unfinished) => rows.push(await makeMonth(unfinished)));
    await makeMissing(withLog.directory, (unfinished) => addLog(directory, unfinished));
    for (const place of [month, withLog])
      for (const [name, question] of Object.entries(questions))
        for (const [time, spanOf] of Object.entries(times)) {
          const wanted = { ...question, ...spanOf(place.whole) };
          rows.push(await measureQuestion(place, `${name} ${time}`, wanted, TARGET_MS));
        }
    rows.push(await measureQuestion(month, 'top Pods of many records', aboutRecords(), RAW_TARGET_MS));
    return rows;
  } finally {
    if (KEPT === undefined) await rm(kept, { recursive: true });
  }
}

/** Under its name there is only what is complete. */
async function makeMissing(directory: string, make: (unfinished: string) => Promise<unknown>): Promise<void> {
  if (existsSync(directory)) return;
  const unfinished = `${directory}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await make(unfinished);
  await rename(unfinished, directory);
}

/** Pods are in records only. */
function aboutRecords(): TotalsWanted {
  const shareOfMonth = Math.min(1, RAW_RECORDS / RECORDS);
  const fromMs = END_MS - Math.floor(shareOfMonth * HOURS * HOUR_MS);
  return { ...common, fromMs, toMs: END_MS, by: ['sourcePod'] };
}

/** As an aggregator writes it, with the sums of all files. */
async function makeMonth(directory: string): Promise<BenchRow> {
  const clock = new FakeClock(START_MS);
  const began = performance.now();
  await using history = await openHistory(directory, clock);
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

const openHistory = (directory: string, clock: FakeClock): Promise<History> =>
  History.open({
    directory,
    clock,
    ...LIMITS,
    sums: { minutes: ALL, hours: ALL },
    onTrouble: (kind, text) => {
      throw new Error(`${kind}: ${text}`);
    },
  });

/** Makes a history of the same files, and of a log that its writer has left. */
async function addLog(month: string, directory: string): Promise<void> {
  for (const name of await readdir(month))
    await (name.endsWith('.parquet') ? link : copyFile)(join(month, name), join(directory, name));
  const clock = new FakeClock(END_MS);
  await using history = await openHistory(directory, clock);
  const recordsPerSecond = (LOG_RECORDS * 1_000) / LOG_MS;
  const corpus = new FlowCorpus({
    records: LOG_RECORDS,
    startMs: END_MS,
    rowsPerBatch: 512,
    recordsPerSecond,
  });
  let stored = 0;
  for (const batch of corpus.batches()) {
    clock.set(END_MS + (stored / LOG_RECORDS) * LOG_MS - clock.now());
    await history.append(batch);
    stored += batch.length;
  }
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
  { name: placeName, directory, records: stored, whole }: Place,
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
  const isWhole = wanted.fromMs === whole.fromMs && wanted.toMs === whole.toMs;
  if (sumsNotes.length > 0 || (isWhole && records !== BigInt(stored)) || records === 0n)
    throw new Error(`${name} counts ${records} of ${stored} records`);
  return {
    name: `95 % of answers to ${name}, ${placeName}: ${rows.toLocaleString('en-US')} rows of ${tiers.join(', ')}`,
    median: quantileOf(timing.durationsMs, 0.95),
    unit: 'ms',
    target: { atMost: targetMs },
  };
}
