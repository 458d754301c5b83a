import { AsyncLocalStorage } from 'node:async_hooks';

/** What a receiver says when it has stored a part of a request (ExportMetricsPartialSuccess). */
export interface PartialSuccess {
  readonly rejectedPoints: number;
  readonly message: string;
}

/** What the SDK writes into its diagnostics, which is the only place where it tells. */
const announcement = 'Received Partial Success response:';

const listening = new AsyncLocalStorage<(partial: PartialSuccess) => void>();

/** Runs an export; `onPartial` hears when its receiver has stored only a part. */
export const listenForPartialSuccess = (
  onPartial: (partial: PartialSuccess) => void,
  run: () => void,
): void => listening.run(onPartial, run);

/**
 * Takes a message of the SDK's diagnostics, when it is of partial success, to the export it is of. Whether it
 * was one.
 */
export function takePartialSuccess(words: readonly unknown[]): boolean {
  const at = words.indexOf(announcement);
  const onPartial = listening.getStore();
  if (at < 0 || onPartial === undefined) return false;
  const { rejectedDataPoints, errorMessage } = JSON.parse(String(words[at + 1] ?? '{}')) as Record<
    string,
    unknown
  >;
  onPartial({ rejectedPoints: Number(rejectedDataPoints ?? 0) || 0, message: String(errorMessage ?? '') });
  return true;
}
