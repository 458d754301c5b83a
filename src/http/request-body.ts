import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/**
 * Refuses a body that is longer than the route takes, by its announced length. Most routes take none.
 * @throws {HttpError} 413
 */
export function expectBodyWithin({ headers }: IncomingMessage, maxOctets: number): void {
  const isChunked = headers['transfer-encoding'] !== undefined;
  const length = Number(headers['content-length'] ?? 0);
  if (maxOctets > 0 ? !(length > maxOctets) : !isChunked && !(length > 0)) return;
  throw tooLong(maxOctets);
}

/**
 * The body of a request.
 * @throws {HttpError} 413 as soon as it is too long
 */
export async function readRequestBody(request: IncomingMessage, maxOctets: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    octets += chunk.length;
    if (octets > maxOctets) throw tooLong(maxOctets);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const tooLong = (maxOctets: number): HttpError =>
  new HttpError(
    413,
    maxOctets === 0
      ? 'this server takes no request with a body'
      : `expected a body of ${maxOctets} octets at most`,
    { connection: 'close' },
  );
