import { Command, Option } from 'commander';
import { formatHttpAddress } from '../http/index.ts';
import { systemClock } from '../runtime/index.ts';
import { defaultHttp } from './default-addresses.ts';
import { historyDefault, historyDirectory } from './history-directory.ts';
import { RunningSource } from './running-source.ts';
import { addAccessOptions, type ServerOptions } from './server/index.ts';
import { writeError } from './standard-error.ts';
import { version } from './version.ts';

interface McpOptions extends ServerOptions {
  readonly from: 'aggregator' | 'history';
  readonly directory?: string;
}

/** `weir mcp`: answers the questions of an assistant, which starts it. */
export function mcpCommand(): Command {
  const command = new Command('mcp')
    .description(
      'answer the questions of an assistant about flows, by the Model Context Protocol on standard input and output',
    )
    .addOption(
      new Option('--from <where>', 'source: a running aggregator, or the files of the history')
        .choices(['aggregator', 'history'])
        .default('aggregator'),
    )
    .option(
      '--server <address>',
      `aggregator: a URL, or unix:/run/weir/http.sock (${formatHttpAddress(defaultHttp)}, or WEIR_SERVER in the environment)`,
    )
    .option('--directory <directory>', `history: its directory (${historyDefault})`)
    .action((options: McpOptions) => answerAssistant(options));
  addAccessOptions(command, 'aggregator: ');
  return command.addHelpText(
    'after',
    `
An assistant starts this command and ends it. Its questions only read. See docs/how-to/assistants.md.

Examples:
  weir mcp
  weir mcp --server https://flows.example:10348 --token-file /home/ana/weir-token
  weir mcp --from history --directory /var/lib/weir/history`,
  );
}

async function answerAssistant(options: McpOptions): Promise<void> {
  // loading the library takes longer than most commands
  const { serveAssistant } = await import('../mcp/index.ts');
  await using source = await sourceOf(options);
  const onTrouble = (text: string) => writeError(`weir: ${text}\n`);
  await serveAssistant({ source, clock: systemClock, version, onTrouble });
}

async function sourceOf(options: McpOptions) {
  if (options.from === 'aggregator') return new RunningSource(options);
  const { StoredSource } = await import('./stored-source.ts');
  return new StoredSource(options.directory ?? historyDirectory());
}
