import { once } from 'node:events';
import type { Program, ProgramOptions } from './program.ts';

/** The use of a program's main thread since the last query. */
export interface MainThreadUse {
  /** Processor time, in milliseconds. */
  readonly cpuMs: number;
  /** Processor time of its longest turn of the event loop. */
  readonly longestTurnMs: number;
}

/** Options for a `Program` that is Node, for `mainThreadUse`. */
export const watchedMainThread: ProgramOptions = {
  ipc: true,
  environment: { NODE_OPTIONS: `--import=${new URL('main-thread-watch.ts', import.meta.url)}` },
};

/** Queries a program's main thread for its use since the last query. */
export async function mainThreadUse({ process }: Program): Promise<MainThreadUse> {
  const answer = once(process, 'message');
  process.send('use');
  return (await answer)[0] as MainThreadUse;
}
