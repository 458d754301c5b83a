import { Command, Option } from 'commander';
import { dimensionNames, measureNames } from '../flow/index.ts';
import { answerQuery, type QueryAnswer, QueryError, readQuery, type TierName } from '../query/index.ts';
import { WeirError } from '../runtime/index.ts';
import { historyDirectory } from './history-directory.ts';
import { reportGaps } from './history-reach.ts';
import { type QueryFormat, queryFormats, queryLines } from './query-printer.ts';
import { answerOfServer } from './server-answer.ts';
import { addSourceOptions, expectOptionsOfSource, type SourceOptions } from './source-options.ts';
import { writeError } from './standard-error.ts';
import { writeLines } from './standard-output.ts';

interface QueryOptions extends SourceOptions {
  readonly since: string;
  readonly until?: string;
  readonly by?: string;
  readonly measure: string;
  readonly top: string;
  readonly where?: string;
  readonly step?: string;
  readonly compare?: string;
  readonly output: QueryFormat;
}

/** `weir query`: counts the flows of the history: the top groups, and an exact rest. */
export function queryCommand(): Command {
  const command = new Command('query')
    .description('count flows of the history: by what they have in common, how much, and when')
    .option('--since <time>', 'from this time on: a duration such as 10m or 3d, or a time in RFC 3339', '1h')
    .option('--until <time>', 'to before this time (now)')
    .option('--by <names>', 'dimensions to group by, at most four, separated by commas')
    .option('--measure <names>', 'what to count, separated by commas; the first one ranks', 'octets')
    .option('--top <N>', 'groups to name; all others are one more', '20')
    .option('--where <condition>', 'which flows, such as "namespace=shop and not port=53"')
    .option('--step <duration>', 'length of time buckets, such as 1m, or auto')
    .option('--compare <earlier>', 'also count the time before: previous, or how much earlier, such as 7d')
    .addOption(new Option('-o, --output <format>', 'format').choices(queryFormats).default('table'))
    .action((options: QueryOptions) => showAnswer(options));
  addSourceOptions(command);
  return command.addHelpText(
    'after',
    `
Dimensions: ${dimensionNames.join(', ')}.
Measures: ${measureNames.join(', ')}.
Times are in UTC. All counts are exact: the groups and the others together are all flows that match. docs/reference/queries.md
says what each dimension and measure means.

Examples:
  weir query --by sourceWorkload,destinationWorkload --measure octets,flows
  weir query --since 24h --by destinationPort --where 'namespace=shop' --compare previous
  weir query --since 7d --step 1h --measure deniedFlows -o csv
  weir query --from history --since 3d --by source --top 5 -o json`,
  );
}

async function showAnswer(options: QueryOptions): Promise<void> {
  const { output } = options;
  expectOptionsOfSource(options);
  const answer = options.from === 'history' ? await answerOfFiles(options) : await answerOfProcess(options);
  await writeLines(queryLines(answer, output, () => process.stdout.columns));
  const { coverage } = answer;
  const [from, to] = [answer.fromMs, answer.toMs].map((ms) => new Date(ms).toISOString());
  const tiers = coverage.tiers.map((tier) => tierTexts[tier]).join(', ');
  writeError(`weir: from ${from} to ${to}, counted from ${tiers}\n`);
  reportGaps(coverage.gaps);
  for (const notice of coverage.notices) writeError(`weir: ${notice}\n`);
}

const tierTexts: Readonly<Record<TierName, string>> = {
  records: 'records',
  minutes: 'sums by minute',
  hours: 'sums by hour',
  fourHours: 'sums by four hours',
  days: 'sums by day',
};

async function answerOfFiles(options: QueryOptions): Promise<QueryAnswer> {
  const query = checkedQuery(options);
  return await answerQuery(options.directory ?? historyDirectory(), query, new AbortController().signal);
}

async function answerOfProcess(options: QueryOptions): Promise<QueryAnswer> {
  checkedQuery(options);
  return await answerOfServer(options, parametersOf(options));
}

/** @throws {WeirError} WEIR_USAGE_QUERY */
function checkedQuery(options: QueryOptions) {
  const { by, measures, top, ...others } = parametersOf(options);
  const lists = { ...(by === undefined ? {} : { by: by.split(',') }), measures: measures!.split(',') };
  try {
    return readQuery({ ...others, ...lists, top: /^\d{1,9}$/.test(top!) ? Number(top) : top }, Date.now());
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new WeirError('WEIR_USAGE_QUERY', inOptions(error.message), {
      remedy: 'See weir query --help for what there is.',
    });
  }
}

/** Members of a question that have another name as options. */
const optionNames: Readonly<Record<string, string>> = { from: 'since', to: 'until', measures: 'measure' };

/** What is wrong, in the words of the command line: it begins with the name of a member. */
const inOptions = (message: string): string =>
  message
    .replace(/^\w+(?=: )/, (name) => `--${optionNames[name] ?? name}`)
    .replace('a time after "from"', 'a time after --since')
    .replace('before "to"', 'before --until');

/** The question as the parameters of /query. */
function parametersOf(options: QueryOptions): Record<string, string> {
  const { since, until, by, measure, top, where, step, compare } = options;
  const all = { from: since, to: until, by, measures: measure, top, where, step, compare };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}
