import { AsyncLocalStorage } from 'node:async_hooks';

/** A receiver's answer when it stored only a part of a request (ExportMetricsPartialSuccess). */
export interface PartialSuccess {
  readonly rejectedPoints: number;
  readonly message: string;
}

/** The SDK reports partial success only in its diagnostics, with these words. */
const announcement = 'Received Partial Success response:';

const listening = new AsyncLocalStorage<(partial: PartialSuccess) => void>();

/** Runs an export; calls `onPartial` when its receiver has stored only a part. */
export const listenForPartialSuccess = (
  onPartial: (partial: PartialSuccess) => void,
  run: () => void,
): void => listening.run(onPartial, run);

/**
 * Passes a diagnostic message of the SDK about partial success to the export behind it.
 * @returns whether the message was one
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
