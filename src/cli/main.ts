import { CommanderError } from 'commander';
import { describeError, WeirError } from '../runtime/index.ts';
import { ExitStatus, exitStatusOf } from './exit-status.ts';
import { weirProgram } from './program.ts';
import { writeError } from './standard-error.ts';

/*
 * The program: one file per command, wired in program.ts. This room is the only one that knows all the
 * others; nothing imports it.
 */
try {
  await (await weirProgram(process.argv.slice(2))).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? ExitStatus.done : ExitStatus.usage;
  } else {
    writeError(`weir: ${describeError(error)}${codeOf(error)}\n`);
    process.exitCode = exitStatusOf(error);
  }
}

/** By which docs/reference/errors.md explains it. The problems of a configuration file explain themselves. */
function codeOf(error: unknown): string {
  if (!(error instanceof WeirError) || error.code === 'WEIR_CONFIG_INVALID') return '';
  return ` (${error.code})`;
}
