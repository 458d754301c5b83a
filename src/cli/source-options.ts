import { type Command, Option } from 'commander';
import { formatHttpAddress } from '../http/index.ts';
import { WeirError } from '../runtime/index.ts';
import { defaultHttp } from './default-addresses.ts';
import { historyDefault } from './history-directory.ts';
import { accessOptions, addAccessOptions, type ServerOptions } from './server/index.ts';

/** Where answers come from: a running process, or the files of a history. */
export interface SourceOptions extends ServerOptions {
  readonly from: 'aggregator' | 'history';
  readonly directory?: string;
}

/** The options of commands that ask either. `weir flows` has further sources, and texts of its own. */
export function addSourceOptions(command: Command): Command {
  command
    .addOption(
      new Option('--from <where>', 'source: a running aggregator, or the files of the history')
        .choices(['aggregator', 'history'] satisfies SourceOptions['from'][])
        .default('aggregator'),
    )
    .option(
      '--server <address>',
      `aggregator: a URL, or unix:/run/weir/http.sock (${formatHttpAddress(defaultHttp)}, or WEIR_SERVER in the environment)`,
    )
    .option('--directory <directory>', `history: its directory (${historyDefault})`);
  return addAccessOptions(command, 'aggregator: ');
}

/** @throws {WeirError} WEIR_USAGE_FROM for an option of the other source */
export function expectOptionsOfSource(options: SourceOptions): void {
  if (options.from === 'aggregator' && options.directory !== undefined)
    throw new WeirError('WEIR_USAGE_FROM', '--directory is for the files of a history', {
      remedy: 'Add --from history, or leave --directory out.',
    });
  if (options.from === 'aggregator') return;
  for (const [name, option] of Object.entries({ server: '--server', ...accessOptions })) {
    if (options[name as keyof SourceOptions] === undefined) continue;
    throw new WeirError('WEIR_USAGE_FROM', `${option} is for a running aggregator, and the files are asked`, {
      remedy: `Leave ${option} out, or ask the running process without --from history.`,
    });
  }
}
