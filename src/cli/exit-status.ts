import { WeirError } from '../runtime/index.ts';

/** What `weir` ends with. */
export const ExitStatus = { done: 0, failed: 1, usage: 2, checkFailed: 3 } as const;

/** The status for what stopped a command: wrong usage and configuration are told from work that failed. */
export function exitStatusOf(error: unknown): number {
  const isUsage = error instanceof WeirError && /^WEIR_(USAGE|CONFIG)/.test(error.code);
  return isUsage ? ExitStatus.usage : ExitStatus.failed;
}
