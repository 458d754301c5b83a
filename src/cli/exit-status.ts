import { WeirError } from '../runtime/index.ts';

/** The exit status of `weir`. */
export const ExitStatus = { done: 0, failed: 1, usage: 2, checkFailed: 3 } as const;

/** The status for an error: wrong usage and configuration differ from work that failed. */
export function exitStatusOf(error: unknown): number {
  const isUsage = error instanceof WeirError && /^WEIR_(USAGE|CONFIG)/.test(error.code);
  return isUsage ? ExitStatus.usage : ExitStatus.failed;
}
