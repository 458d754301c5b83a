import { fileURLToPath } from 'node:url';
import { type Ended, Program, type ProgramOptions } from '../support/program.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/**
 * The command that runs `weir` with these arguments, under the Node that runs the tests. `weir up` keeps no
 * history in this machine's own directory.
 */
export const weirCommand = (...args: string[]): string[] => [
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
