import { fileURLToPath } from 'node:url';
import { type Ended, Program, type ProgramOptions } from '../support/program.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/**
 * The command that runs `weir` with these arguments, under the Node that runs the tests. `weir up` keeps
 * neither a history nor a token in this machine's own directories.
 */
export const weirCommand = (...args: string[]): string[] => [
  ...weirWithConsole(...args),
  ...(args[0] === 'up' ? ['--no-console'] : []),
];

/** The same with the console of `weir up`, whose token is in WEIR_STATE. */
export const weirWithConsole = (...args: string[]): string[] => [
  process.execPath,
  main,
  ...args,
  ...(args[0] === 'up' && !args.includes('--history') ? ['--no-history'] : []),
];

/** Starts `weir`. */
export function startWeir(args: readonly string[], options?: ProgramOptions): Program {
  return new Program(weirCommand(...args), options);
}

/** Runs `weir` to its end. */
export function weir(...args: string[]): Promise<Ended> {
  return startWeir(args).ended;
}
