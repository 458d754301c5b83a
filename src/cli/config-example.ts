import { Argument, Command } from 'commander';
import { exampleFile, type FileKind, fileKinds } from './config/index.ts';
import { writeLines } from './standard-output.ts';

/** `weir config example`: prints a file with every option as a starting point. */
export function exampleCommand(): Command {
  return new Command('example')
    .description('print a configuration file with every option and its default, all commented out')
    .addArgument(new Argument('<kind>', 'which of the two files').choices(fileKinds))
    .action(async (kind: FileKind) => {
      await writeLines([exampleFile(kind).trimEnd()]);
    })
    .addHelpText(
      'after',
      `
Example:
  weir config example agent > agent.yaml`,
    );
}
