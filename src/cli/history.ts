import { Command, InvalidArgumentError, Option } from 'commander';
import { formatCount, formatOctets } from '../flow/index.ts';
import { Ledger, Log, parseSince, systemClock, WeirError } from '../runtime/index.ts';
import {
  EventStore,
  exportParquet,
  History,
  type HistoryGap,
  HistoryReader,
  type HistoryStats,
  type SumStats,
} from '../store/index.ts';
import { addFilterOptions, conditionOfOptions } from './filter-options.ts';
import { historyDefault, historyDirectory } from './history-directory.ts';
import { gapText } from './history-reach.ts';
import { writeError } from './standard-error.ts';
import { writeLines } from './standard-output.ts';
import { printStored } from './stored-flows.ts';
import { recordPrinter } from './text/index.ts';

interface PlaceOptions {
  readonly directory?: string;
}

/** `weir history`: the flows that `weir up` or an aggregator keeps on this machine. */
export function historyCommand(): Command {
  return new Command('history')
    .description('show, delete and export the flows that are kept on this machine')
    .addCommand(statsCommand())
    .addCommand(pruneCommand())
    .addCommand(exportCommand());
}

const addDirectoryOption = (command: Command): Command =>
  command.option('--directory <directory>', `directory of the history (${historyDefault})`);

function statsCommand(): Command {
  const command = new Command('stats')
    .description('show how much a history has, and how far back it reaches')
    .addOption(new Option('-o, --output <format>', 'format').choices(['table', 'json']).default('table'))
    .action((options: PlaceOptions & { readonly output: 'table' | 'json' }) => showStats(options))
    .addHelpText('after', '\nExample:\n  weir history stats');
  return addDirectoryOption(command);
}

async function showStats({
  directory = historyDirectory(),
  output,
}: PlaceOptions & { readonly output: 'table' | 'json' }): Promise<void> {
  using reader = await HistoryReader.open(directory);
  const { oldestMs, newestMs, departed, sums, ...counts } = await reader.stats();
  const nowMs = Date.now();
  const { coveredFromMs, coveredToMs, gaps: all } = await reader.coverage({ fromMs: 0, toMs: nowMs }, nowMs);
  const gaps = all.filter(({ why }) => why !== 'before the history');
  const covered = { from: timeText(coveredFromMs), to: timeText(coveredToMs) };
  const oldest = timeText(oldestMs);
  const newest = timeText(newestMs);
  for (const notice of reader.notices) writeError(`weir: ${notice}\n`);
  if (output === 'json') {
    await writeLines([
      JSON.stringify({
        directory,
        ...counts,
        oldest,
        newest,
        deletedRecords: departed,
        sums: sumsJson(sums),
        covered,
        gaps: gaps.map(({ fromMs, toMs, why }) => ({ from: timeText(fromMs), to: timeText(toMs), why })),
        notices: reader.notices,
      }),
    ]);
    return;
  }
  await writeLines([
    `directory      ${directory}`,
    `records        ${formatCount(counts.records)}, of which ${formatCount(counts.logRecords)} are not in files yet`,
    `octets         ${formatOctets(counts.octets)}`,
    `files          ${formatCount(counts.files)}`,
    `oldest record  ${oldest ?? '-'}`,
    `newest record  ${newest ?? '-'}`,
    `deleted        ${deletedText(departed)}`,
    ...Object.entries(sums).map(([tier, stats]) => `${tier.padEnd(13)}  ${sumsText(stats)}`),
    `covered        ${covered.from === undefined ? 'nothing' : `${covered.from} to ${covered.to}`}`,
    `gaps           ${gapsText(gaps)}`,
    ...(counts.damagedFiles === 0 ? [] : [`set aside      ${counts.damagedFiles} damaged files`]),
  ]);
}

const deletedText = (departed: HistoryStats['departed']): string => {
  const deleted = Object.entries(departed).map(([why, records]) => `${formatCount(records)} (${why})`);
  return deleted.length === 0 ? 'none' : `${deleted.join(', ')} records`;
};

/** How many, and the last ones. All are in the JSON. */
function gapsText(gaps: readonly HistoryGap[]): string {
  if (gaps.length === 0) return 'none';
  return [`${gaps.length}, the last:`, ...gaps.slice(-5).map(gapText)].join(`\n${' '.repeat(15)}`);
}

function sumsText({ oldestMs, rows, octets, departed }: SumStats): string {
  const since = oldestMs === undefined ? 'none yet' : `since ${timeText(oldestMs)}`;
  const deleted = Object.keys(departed).length === 0 ? '' : `; deleted: those of ${deletedText(departed)}`;
  return `${since}, ${formatCount(rows)} rows, ${formatOctets(octets)}${deleted}`;
}

/** Times as text, as those of the records. */
const sumsJson = (sums: HistoryStats['sums']) =>
  Object.fromEntries(
    Object.entries(sums).map(([tier, { oldestMs, newestMs, departed, ...counts }]) => [
      tier,
      { ...counts, oldest: timeText(oldestMs), newest: timeText(newestMs), deletedRecords: departed },
    ]),
  );

const timeText = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();

function pruneCommand(): Command {
  const command = new Command('prune')
    .description('delete files whose records are all older than a time')
    .requiredOption(
      '--before <time>',
      'a duration before now such as 3d, or a time in RFC 3339, in UTC if it names no zone',
      readTime,
    )
    .action((options: PlaceOptions & { readonly before: number }) => deleteOld(options))
    .addHelpText(
      'after',
      `
A file has the records of an hour at most. Files of events have more. A file stays as long as one of them is newer. No process may write to the history meanwhile.

Example:
  weir history prune --before 3d`,
    );
  return addDirectoryOption(command);
}

/** Half of the octets for minutes and hours together, of very many. */
const NO_BOUND = { percent: 25, maxAgeMs: Number.MAX_SAFE_INTEGER };

async function deleteOld({
  directory = historyDirectory(),
  before,
}: PlaceOptions & { readonly before: number }): Promise<void> {
  (await HistoryReader.open(directory))[Symbol.dispose](); // a missing one is not made
  await using history = await History.open({
    directory,
    maxOctets: Number.MAX_SAFE_INTEGER,
    maxAgeMs: Number.MAX_SAFE_INTEGER,
    sums: { minutes: NO_BOUND, hours: NO_BOUND },
    clock: systemClock,
    onTrouble: (_, text) => writeError(`weir: ${text}\n`),
  });
  await history.flush();
  const { files, records } = await history.prune(before);
  const eventFiles = await deleteOldEvents(directory, before);
  await writeLines([
    `deleted ${formatCount(files)} files with ${formatCount(records)} records`,
    ...(eventFiles === 0 ? [] : [`deleted ${formatCount(eventFiles)} files of events`]),
  ]);
}

async function deleteOldEvents(directory: string, before: number): Promise<number> {
  const log = new Log(systemClock, (line) => writeError(`${line}\n`), 'warn');
  const events = new EventStore('event history', { clock: systemClock, ledger: new Ledger(), log });
  const [maxOctets, maxAgeMs] = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  await events.open({ directory, maxOctets, maxAgeMs });
  try {
    return await events.prune(before);
  } finally {
    await events.close();
  }
}

function readTime(text: string): number {
  const timeMs = parseSince(text, Date.now());
  if (timeMs === undefined)
    throw new InvalidArgumentError('expected a duration such as 3d, or a time such as 2026-01-31T10:00:00Z');
  return timeMs;
}

const exportFormats = { csv: 'csv', jsonl: 'json' } as const;

interface ExportOptions extends PlaceOptions {
  readonly to: 'csv' | 'jsonl' | 'parquet';
  readonly file?: string;
  readonly since?: number;
  readonly [filter: string]: unknown;
}

function exportCommand(): Command {
  const command = new Command('export')
    .description('write the flows of a history for other programs')
    .addOption(
      new Option('--to <format>', 'format').choices(['csv', 'jsonl', 'parquet']).makeOptionMandatory(),
    )
    .option('--file <file>', 'parquet: the file to write; csv and jsonl go to standard output')
    .option(
      '--since <time>',
      'only records since this time: a duration such as 3d, or a time in RFC 3339, in UTC if it names no zone',
      readTime,
    )
    .action((options: ExportOptions) => exportFlows(options));
  addDirectoryOption(command);
  addFilterOptions(command);
  return command.addHelpText(
    'after',
    `
CSV has the columns of "weir flows -o csv". JSON and Parquet have all fields, under the names of docs/reference/flow-record.md.

Examples:
  weir history export --to jsonl --since 1h | jq .destinationIP
  weir history export --to parquet --file flows.parquet --namespace shop`,
  );
}

async function exportFlows(options: ExportOptions): Promise<void> {
  const { directory = historyDirectory(), to, file, since: sinceMs } = options;
  if ((to === 'parquet') !== (file !== undefined))
    throw new WeirError('WEIR_USAGE_EXPORT', `--file belongs to --to parquet, and --to is ${to}`, {
      remedy: 'Write --to parquet --file flows.parquet. For the others, redirect standard output.',
    });
  using reader = await HistoryReader.open(directory);
  const wanted = { condition: conditionOfOptions(options), sinceMs };
  if (to !== 'parquet') return await printStored(reader, wanted, recordPrinter(exportFormats[to]));
  const records = await exportParquet(reader.flows(wanted), file!);
  for (const notice of reader.notices) writeError(`weir: ${notice}\n`);
  writeError(
    records === 0
      ? `weir: no record matches, so ${file} is not written\n`
      : `weir: wrote ${formatCount(records)} records to ${file}\n`,
  );
}
