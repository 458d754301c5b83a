import { CommanderError } from 'commander';
import { describeError } from '../runtime/index.ts';
import { ExitStatus, exitStatusOf } from './exit-status.ts';
import { weirProgram } from './program.ts';

/*
 * The program: one file per command, wired in program.ts. This room is the only one that knows all the
 * others; nothing imports it.
 */
try {
  await weirProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? ExitStatus.done : ExitStatus.usage;
  } else {
    process.stderr.write(`weir: ${describeError(error)}\n`);
    process.exitCode = exitStatusOf(error);
  }
}
