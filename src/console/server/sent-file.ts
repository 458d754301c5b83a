import type { HttpExchange } from '../../http/index.ts';
import type { AppFile } from './console-app.ts';

/**
 * What the app may do. There is nothing of other origins, nothing inline, and no text becomes a script.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const YEAR_SECONDS = 31_536_000;

/** Sends a file. A browser that has it already learns so; one that can, gets it compressed. */
export function sendFile({ request, response }: HttpExchange, file: AppFile): void {
  const { headers } = request;
  const gzipped = acceptsGzip(headers['accept-encoding']) ? file.gzipped : undefined;
  const tag = `"${file.hash}${gzipped === undefined ? '' : '-gzip'}"`;
  const common = {
    etag: tag,
    'cache-control': file.isNamedByContent
      ? `private, max-age=${YEAR_SECONDS}, immutable`
      : 'private, no-cache',
    vary: 'accept-encoding, cookie',
    'content-security-policy': CONTENT_SECURITY_POLICY,
  };
  if (headers['if-none-match']?.split(/, */).some((known) => known.replace(/^W\//, '') === tag)) {
    response.writeHead(304, common).end();
    return;
  }
  const octets = gzipped ?? file.octets;
  response.writeHead(200, {
    ...common,
    'content-type': file.type,
    'content-length': octets.length,
    ...(gzipped === undefined ? {} : { 'content-encoding': 'gzip' }),
  });
  response.end(octets);
}

const acceptsGzip = (encodings: string | string[] = ''): boolean =>
  /(^|,)\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$))[^,]*)?\s*(,|$)/i.test(String(encodings));
