import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type EventKind,
  type EventsAnswer,
  eventKindNames,
  eventKinds,
  eventObjectText,
  type KeptEvent,
} from '../flow/index.ts';
import { parseSince, printableJson, printableText, WeirError } from '../runtime/index.ts';
import { eventsOfServer } from './events-of-server.ts';
import { historyDirectory } from './history-directory.ts';
import { addSourceOptions, expectOptionsOfSource, type SourceOptions } from './source-options.ts';
import { writeError } from './standard-error.ts';
import { writeLines } from './standard-output.ts';
import { Table, type TableColumn } from './text/index.ts';

const DEFAULT_SINCE = '1h';
const DEFAULT_LIMIT = 1_000;

interface EventsOptions extends SourceOptions {
  readonly since: string;
  readonly until?: string;
  readonly search?: string;
  readonly kind: readonly EventKind[];
  readonly namespace: readonly string[];
  readonly limit: number;
  readonly output: 'table' | 'json';
}

/** `weir events`: what happened, to a cluster and to Weir itself. */
export function eventsCommand(): Command {
  const command = new Command('events')
    .description(
      'show what happened: events of a cluster, roll-outs, agents that came and went, losses, alerts',
    )
    .option(
      '--since <time>',
      'only events since this time: a duration such as 10m or 3d, or a time in RFC 3339, in UTC if it names no zone',
      checkedTime,
      DEFAULT_SINCE,
    )
    .option('--until <time>', 'only events before this time (now)', checkedTime)
    .option('--search <words>', 'only events that have all these words, in small or capital letters')
    .addOption(
      new Option('--kind <kind>', `only events of this kind: ${eventKindNames.join(', ')}; may be repeated`)
        .argParser(addKind)
        .default([], 'all'),
    )
    .addOption(
      new Option('--namespace <name>', 'only events of objects in this namespace; may be repeated')
        .argParser(addName)
        .default([], 'all'),
    )
    .option('--limit <N>', 'only the newest N events', wholeNumber, DEFAULT_LIMIT)
    .addOption(new Option('-o, --output <format>', 'format').choices(['table', 'json']).default('table'))
    .action((options: EventsOptions) => showEvents(options));
  addSourceOptions(command);
  return command.addHelpText(
    'after',
    `
Kinds:
${eventKindNames.map((kind) => `  ${kind.padEnd(10)}  ${eventKinds[kind]}`).join('\n')}

Times are in UTC. -o json prints one event a line. docs/how-to/events.md says what is kept.

Examples:
  weir events --since 3d --kind rollout --namespace shop
  weir events --search 'oomkilled cart'
  weir events --from history --since 7d --kind process --kind loss -o json | jq .message`,
  );
}

async function showEvents(options: EventsOptions): Promise<void> {
  expectOptionsOfSource(options);
  expectTimes(options);
  const answer = options.from === 'history' ? await eventsOfFiles(options) : await eventsOfProcess(options);
  const { events, isCut, keptSince, damagedLines, missingFiles, unreadableFiles = [] } = answer;
  await writeLines(options.output === 'json' ? jsonLines(events) : tableLines(events));
  if (isCut) writeError(`weir: there are older events, too: only the newest ${options.limit} are shown\n`);
  if (keptSince !== undefined) {
    if (Date.parse(keptSince) > parseSince(options.since, Date.now())!)
      writeError(`weir: events are kept since ${keptSince}\n`);
  } else if (unreadableFiles.length === 0) writeError('weir: no event is kept yet\n');
  if (damagedLines > 0) writeError(`weir: ${damagedLines} damaged lines are left out\n`);
  if (missingFiles > 0)
    writeError(`weir: somebody has deleted ${missingFiles} files of events: what they had is missing\n`);
  for (const file of unreadableFiles) writeError(`weir: left out ${file}\n`);
}

/** @throws {WeirError} WEIR_USAGE_QUERY for a time that ends before it begins */
function expectTimes({ since, until }: EventsOptions): void {
  const nowMs = Date.now();
  const untilMs = until === undefined ? nowMs + 1 : parseSince(until, nowMs)!;
  if (untilMs > parseSince(since, nowMs)!) return;
  const text = `--until: expected a time after --since (${since}); found ${until ?? 'now'}`;
  throw new WeirError('WEIR_USAGE_QUERY', text, {
    remedy: 'A duration is how long ago: --since 2h --until 1h is an hour.',
  });
}

async function eventsOfFiles(options: EventsOptions): Promise<EventsAnswer> {
  const { readEvents } = await import('../store/index.ts');
  const { directory = historyDirectory(), since, until, kind, namespace, search, limit } = options;
  const nowMs = Date.now();
  return await readEvents(directory, {
    sinceMs: parseSince(since, nowMs)!,
    untilMs: until === undefined ? nowMs + 1 : parseSince(until, nowMs)!,
    kinds: kind.length === 0 ? undefined : kind,
    namespaces: namespace.length === 0 ? undefined : namespace,
    search,
    most: limit,
  });
}

function eventsOfProcess(options: EventsOptions): Promise<EventsAnswer> {
  const { since, until, search, kind, namespace, limit } = options;
  const query = new URLSearchParams({ since, limit: String(limit) });
  if (until !== undefined) query.set('until', until);
  if (search !== undefined) query.set('search', search);
  for (const one of kind) query.append('kind', one);
  for (const one of namespace) query.append('namespace', one);
  return eventsOfServer(options, query);
}

const jsonLines = (events: readonly KeptEvent[]): string[] => events.map(printableJson);

const columns: readonly TableColumn<KeptEvent>[] = [
  { title: 'TIME', least: 24, text: ({ time }) => time },
  { title: 'KIND', least: 10, text: ({ kind }) => kind },
  { title: 'TYPE', least: 7, text: ({ type }) => type },
  { title: 'REASON', least: 16, text: ({ reason }) => printableText(reason) },
  { title: 'OBJECT', least: 24, text: (event) => printableText(eventObjectText(event)) },
  { title: 'MESSAGE', least: 20, text: ({ message }) => printableText(message) },
];

function tableLines(events: readonly KeptEvent[]): string[] {
  const table = new Table([...columns], () => process.stdout.columns);
  for (const event of events) table.line(event); // the columns become as wide as their values
  return [table.header, ...events.map((event) => table.line(event))];
}

function checkedTime(text: string): string {
  if (parseSince(text, Date.now()) === undefined)
    throw new InvalidArgumentError('expected a duration such as 10m, or a time such as 2026-01-31T10:00:00Z');
  return text;
}

function addKind(text: string, before: readonly EventKind[]): EventKind[] {
  const kind = eventKindNames.find((one) => one === text);
  if (kind === undefined) throw new InvalidArgumentError(`expected one of ${eventKindNames.join(', ')}`);
  return [...before, kind];
}

const addName = (text: string, before: readonly string[]): string[] => [...before, text];

function wholeNumber(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 10_000) throw new InvalidArgumentError('expected a whole number from 1 to 10000');
  return limit;
}
