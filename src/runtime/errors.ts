import type { ErrorCode } from './error-codes.ts';

/**
 * An error with a stable code. The message says what was expected, what was found and where; `remedy` says
 * what to do.
 */
export class WeirError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WeirError';
    this.code = code;
    this.remedy = options.remedy;
  }
}

/** The text to show for anything thrown: its message, and its remedy if it has one. */
export function describeError(error: unknown): string {
  if (error instanceof WeirError) return error.remedy ? `${error.message}\n  ${error.remedy}` : error.message;
  return error instanceof Error ? error.message : String(error);
}
