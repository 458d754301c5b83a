import { once } from 'node:events';
import type { Program, ProgramOptions } from './program.ts';

/** What a program's main thread used since it was asked before. */
export interface MainThreadUse {
  /** Processor time, in milliseconds. */
  readonly cpuMs: number;
  /** Processor time of its longest turn of the event loop. */
  readonly longestTurnMs: number;
  /** Turns that took more than 100 ms. */
  readonly longTurns: number;
}

/** Options for a `Program` that is Node, and which `mainThreadUse` is to ask. */
export const watchedMainThread: ProgramOptions = {
  ipc: true,
  environment: { NODE_OPTIONS: `--import=${new URL('main-thread-watch.ts', import.meta.url)}` },
};

/** Asks what the main thread of a program used since the question before. */
export async function mainThreadUse({ process }: Program): Promise<MainThreadUse> {
  const answer = once(process, 'message');
  process.send('use');
  return (await answer)[0] as MainThreadUse;
}
