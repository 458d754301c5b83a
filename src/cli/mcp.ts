import { Command } from 'commander';
import { systemClock } from '../runtime/index.ts';
import { historyDirectory } from './history-directory.ts';
import { RunningSource } from './running-source.ts';
import { addSourceOptions, expectOptionsOfSource, type SourceOptions } from './source-options.ts';
import { writeError } from './standard-error.ts';
import { version } from './version.ts';

/** `weir mcp`: answers the questions of an assistant, which starts it. */
export function mcpCommand(): Command {
  const command = new Command('mcp')
    .description(
      'answer the questions of an assistant about flows, by the Model Context Protocol on standard input and output',
    )
    .action((options: SourceOptions) => answerAssistant(options));
  addSourceOptions(command);
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

async function answerAssistant(options: SourceOptions): Promise<void> {
  expectOptionsOfSource(options);
  // loading the library takes longer than most commands
  const { serveAssistant } = await import('../mcp/index.ts');
  await using source = await sourceOf(options);
  const onTrouble = (text: string) => writeError(`weir: ${text}\n`);
  await serveAssistant({ source, clock: systemClock, version, onTrouble });
}

async function sourceOf(options: SourceOptions) {
  if (options.from === 'aggregator') return new RunningSource(options);
  const { StoredSource } = await import('./stored-source.ts');
  return new StoredSource(options.directory ?? historyDirectory());
}
