import { CommanderError } from 'commander';
import { describeError, WeirError } from '../runtime/index.ts';
import { ExitStatus, exitStatusOf } from './exit-status.ts';
import { weirProgram } from './program.ts';
import { writeError } from './standard-error.ts';

/*
 * The program: one file for each command, wired in program.ts. Only this room knows all the others; nothing
 * imports it.
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

/**
 * The code under which docs/reference/errors.md explains it. Problems of a configuration file explain
 * themselves.
 */
function codeOf(error: unknown): string {
  if (!(error instanceof WeirError) || error.code === 'WEIR_CONFIG_INVALID') return '';
  return ` (${error.code})`;
}
