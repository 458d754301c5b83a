import { Command } from 'commander';
import { checkCommand } from './config-check.ts';
import { exampleCommand } from './config-example.ts';

/** `weir config`: commands for configuration files. */
export function configCommand(): Command {
  return new Command('config')
    .description('work on configuration files')
    .addCommand(checkCommand())
    .addCommand(exampleCommand());
}
