import type { ServerResponse } from 'node:http';
import { printableJson } from '../runtime/index.ts';

/** The error that a client gets instead of an answer. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Answers with an error, or aborts an answer that has begun. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, headers } = error instanceof HttpError ? error : { status: 500, headers: {} };
  sendJson(response, { error: error instanceof Error ? error.message : String(error) }, status, headers);
}

/** Answers with JSON that is safe to print on a terminal. */
export function sendJson(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${printableJson(body)}\n`);
}
