import { Command, InvalidArgumentError, Option } from 'commander';
import { missedReasonIn, missedRecordsIn, missedRecordsText } from '../flow/index.ts';
import { formatHttpAddress, REACH_HEADER } from '../http/client.ts';
import { parseSince, WeirError } from '../runtime/index.ts';
import { defaultHttp, defaultLogServers } from './default-addresses.ts';
import { addFilterOptions, conditionOfOptions, filterWordsOf } from './filter-options.ts';
import { historyDefault } from './history-directory.ts';
import { reportReach } from './history-reach.ts';
import { addLogConfigOption } from './log-config-option.ts';
import type { LoggedFlowsOptions } from './logged-flows.ts';
import {
  accessOptions,
  addAccessOptions,
  askAggregator,
  namedServer,
  type ServerOptions,
} from './server/index.ts';
import { writeError } from './standard-error.ts';
import { writeLines } from './standard-output.ts';
import { type JsonRecord, type PrintedFormat, printedFormats, recordPrinter } from './text/index.ts';

const DEFAULT_LAST = 20;

const DEFAULT_SERVER = formatHttpAddress(defaultHttp);

/** The log servers by the values of --from. */
const logServers = { loki: 'loki', victorialogs: 'victoriaLogs' } as const;

/** Options that an aggregator does not have. */
const ofLogServers = { tenant: '--tenant', headersFile: '--headers-file', config: '--config' };

interface FlowsOptions extends ServerOptions {
  readonly from: 'aggregator' | 'history' | keyof typeof logServers;
  readonly follow?: true;
  readonly last?: number;
  readonly since?: string;
  readonly where?: string;
  readonly directory?: string;
  readonly output: PrintedFormat;
  readonly [filter: string]: unknown;
}

/**
 * `weir flows`: reads the flow records of the last minutes from a running aggregator or `weir up`. It also
 * reads those of days from a history, or logged flows from Loki or VictoriaLogs.
 */
export function flowsCommand(): Command {
  const command = new Command('flows')
    .description(
      'show flow records of a running aggregator, of the history, or those in Loki or VictoriaLogs',
    )
    .option('-f, --follow', 'continue with new records as they arrive')
    .option(
      '--last <N>',
      `only the newest N records (${DEFAULT_LAST} without --since and --follow)`,
      wholeNumber,
    )
    .option(
      '--since <time>',
      'only records since this time: a duration such as 10m or 3d, or a time in RFC 3339, in UTC if it names no zone',
      checkSince,
    )
    .addOption(new Option('-o, --output <format>', 'format').choices(printedFormats).default('table'))
    .addOption(
      new Option(
        '--from <where>',
        'source: a running aggregator, the files of the history, or the server with its flow log',
      )
        .choices(['aggregator', 'history', ...Object.keys(logServers)])
        .default('aggregator'),
    )
    .option(
      '--server <address>',
      `address of the source, a URL or an aggregator's unix:/run/weir/http.sock (${DEFAULT_SERVER}, or WEIR_SERVER in the environment; Loki: ${defaultLogServers.loki}, or WEIR_LOKI; VictoriaLogs: ${defaultLogServers.victoriaLogs}, or WEIR_VICTORIALOGS)`,
    )
    .option('--directory <directory>', `history: its directory (${historyDefault})`)
    .option('--tenant <name>', 'tenant, for Loki a name; for VictoriaLogs AccountID or AccountID:ProjectID')
    .option(
      '--headers-file <file>',
      'Loki, VictoriaLogs: a file with one header a line, such as "authorization: Bearer TOKEN"',
    )
    .action((options: FlowsOptions) => showFlows(options));
  addAccessOptions(command, 'aggregator: ');
  addLogConfigOption(command, 'loki or victoriaLogs', 'Loki, VictoriaLogs: ');
  addFilterOptions(command);
  return command.addHelpText(
    'after',
    `
Times are in UTC. Filters accept values as the table prints them: --dst '[2001:db8:7::7]:https', --min-octets '31.6 kB'.
In a terminal the table leaves out columns that do not fit, and cuts lines that are too long. Elsewhere it is complete. -o compact is always
complete.

With --since from before the last minutes, a process that keeps a history answers from there. --from history reads its files. No process
needs to run for that. "weir up" keeps a history, and an aggregator with one among its sinks.

Searches in Loki and VictoriaLogs cover the last hour, unless there is --since or --follow. --follow also shows lines that arrive up to five
minutes late. With --config, searches use the credentials of the sink.

Examples:
  weir flows --proto tcp --port https --last 50
  weir flows --follow --src 10.0.0.0/8 --dst '!10.0.0.0/8' -o compact
  weir flows --follow --where 'verdict=Drop,Reject and not sourceNamespace=kube-system'
  weir flows --since 10m -o json | jq .destinationIP
  weir flows --server unix:/run/weir/http.sock --follow
  weir flows --context production --service-account shop/weir-flow-reader --namespace shop
  weir flows --from history --since 3d --port 5432
  weir flows --from loki --since 24h --action drop --namespace shop
  weir flows --from victorialogs --server https://logs.example/vl --tenant 7:2 --follow --dst 198.51.100.0/24`,
  );
}

async function showFlows(options: FlowsOptions): Promise<void> {
  const printer = recordPrinter(options.output, () => process.stdout.columns);
  expectOptionsOf(options);
  if (options.from === 'history') {
    const { showStoredFlows } = await import('./stored-flows.ts');
    return showStoredFlows(conditionOfOptions(options), options, printer);
  }
  if (options.from !== 'aggregator') {
    // loading the reader of logs takes longer than most queries
    const { showLoggedFlows } = await import('./logged-flows.ts');
    return showLoggedFlows(
      logServers[options.from],
      conditionOfOptions(options),
      options as LoggedFlowsOptions,
      printer,
    );
  }
  const { address, token } = await namedServer(options);
  const query = queryOf(options);
  const answer = await askAggregator(address, {
    path: `/flows${query.size === 0 ? '' : `?${query}`}`,
    token,
    onHeaders: ({ [REACH_HEADER]: reach }) => {
      if (options.since !== undefined)
        reportReach(Date.parse(String(reach)), parseSince(options.since, Date.now())!);
    },
  });
  if (printer.header !== undefined) await writeLines([printer.header]);
  const asPrinted = (line: string) => printer.line(recordIn(line, address.name));
  for await (const lines of answer) {
    const records = lines.filter((line) => !reportMissed(line));
    await writeLines(options.output === 'json' ? records : records.map(asPrinted));
  }
}

/** Reports that the stream lacks records: they cannot be read, or not in time. Returns whether it does. */
function reportMissed(line: string): boolean {
  const missed = missedRecordsIn(line);
  if (missed === undefined) return false;
  const why = missedReasonIn(line);
  const text = why === undefined ? 'are missing here: they were read too slowly' : `are missing: ${why}`;
  writeError(`weir: ${missedRecordsText(missed)} ${text}\n`);
  return true;
}

/** @throws {WeirError} WEIR_USAGE_FROM for an option of another source */
function expectOptionsOf(options: FlowsOptions): void {
  const { from } = options;
  const others = {
    ...(from === 'history' ? {} : { directory: '--directory' }),
    ...(from === 'history' ? { server: '--server' } : {}),
    ...(from === 'aggregator' ? {} : accessOptions),
    ...(from === 'aggregator' || from === 'history' ? ofLogServers : {}),
  };
  for (const [name, option] of Object.entries(others)) {
    if (options[name] === undefined) continue;
    throw new WeirError(
      'WEIR_USAGE_FROM',
      `${option} ${wantedBy(option)}, and the flows are asked from ${askedOf(from)}`,
      {
        remedy: `Name another source with --from, or leave ${option} out.`,
      },
    );
  }
}

const wantedBy = (option: string): string =>
  option === '--directory'
    ? 'is for a history'
    : option === '--server'
      ? 'is for an aggregator, Loki and VictoriaLogs'
      : Object.values<string>(accessOptions).includes(option)
        ? 'is for an aggregator'
        : 'is for Loki and VictoriaLogs';

const askedOf = (from: FlowsOptions['from']): string =>
  ({ aggregator: 'an aggregator', history: 'a history', loki: 'Loki', victorialogs: 'VictoriaLogs' })[from];

function recordIn(line: string, server: string): JsonRecord {
  try {
    return JSON.parse(line) as JsonRecord;
  } catch (cause) {
    throw new WeirError(
      'WEIR_SERVER_REFUSED',
      `${server} gives no flows: expected JSON, found ${line.slice(0, 80)}`,
      { cause },
    );
  }
}

function queryOf(options: FlowsOptions): URLSearchParams {
  const query = new URLSearchParams();
  for (const [word, values] of Object.entries(filterWordsOf(options))) {
    for (const value of values) query.append(word, value);
  }
  const { where, since, follow, last } = options;
  const onlyNewest = since === undefined ? (follow ? 0 : DEFAULT_LAST) : undefined;
  const newest = last ?? onlyNewest;
  if (where !== undefined) query.set('where', where);
  if (since !== undefined) query.set('since', since);
  if (newest !== undefined) query.set('last', String(newest));
  if (follow) query.set('follow', 'true');
  return query;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
}

function checkSince(text: string): string {
  if (parseSince(text, Date.now()) === undefined) {
    throw new InvalidArgumentError('expected a duration such as 10m, or a time such as 2026-01-31T10:00:00Z');
  }
  return text;
}
