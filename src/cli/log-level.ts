import { Argument, Command } from 'commander';
import { logLevels } from '../runtime/index.ts';
import {
  addAccessOptions,
  addServerOption,
  askAggregator,
  namedServer,
  type ServerOptions,
} from './server/index.ts';
import { writeLines } from './standard-output.ts';

/** `weir log-level`: shows or sets the lowest level that a running aggregator logs. */
export function logLevelCommand(): Command {
  const command = new Command('log-level')
    .description('show or set the lowest level that a running aggregator logs, until it ends')
    .addArgument(new Argument('[level]', 'the new level').choices(logLevels))
    .action((level: string | undefined, options: ServerOptions) => showLevel(level, options));
  addAccessOptions(addServerOption(command));
  return command.addHelpText('after', '\nExamples:\n  weir log-level\n  weir log-level debug');
}

async function showLevel(level: string | undefined, options: ServerOptions): Promise<void> {
  const { address, token } = await namedServer(options);
  const asked =
    level === undefined
      ? { path: '/loglevel', token }
      : ({ path: `/loglevel?level=${level}`, method: 'PUT', token } as const);
  for await (const lines of await askAggregator(address, asked)) {
    const levels = lines.flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { level: string }]));
    await writeLines(levels.map((found) => found.level));
  }
}
