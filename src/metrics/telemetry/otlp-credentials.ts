import { readFile } from 'node:fs/promises';
import { WeirError } from '../../runtime/index.ts';
import type { OtlpOptions } from './otlp-options.ts';

/** What goes with each export to a receiver. */
export interface OtlpCredentials {
  readonly headers: Readonly<Record<string, string>>;
  /** PEM. */
  readonly authorities: string | undefined;
}

/** @throws {WeirError} WEIR_OTLP_FILE when a file cannot be read or has a line that is no header */
export async function readCredentials({ headersFile, caFile }: OtlpOptions): Promise<OtlpCredentials> {
  const headers = headersFile === undefined ? {} : parseHeaders(await read(headersFile), headersFile);
  return { headers, authorities: caFile === undefined ? undefined : await read(caFile) };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new WeirError('WEIR_OTLP_FILE', `a file for OTLP cannot be read: ${(cause as Error).message}`, {
      remedy: 'Set headersFile and caFile under weir.metrics.otlp to files that this process may read.',
      cause,
    });
  }
}

/** One header a line, empty lines and those with # before them left out. */
function parseHeaders(text: string, path: string): Record<string, string> {
  const lines = text.split('\n').map((line) => line.trim());
  return Object.fromEntries(
    lines.flatMap((line, index) => {
      if (line === '' || line.startsWith('#')) return [];
      const header = /^([!#$%&'*+.^_`|~\w-]+)\s*:\s*(\S.*)$/.exec(line);
      if (header !== null) return [[header[1]!.toLowerCase(), header[2]!]];
      throw new WeirError('WEIR_OTLP_FILE', `${path}, line ${index + 1}: expected "name: value"`, {
        remedy: 'Write one HTTP header a line, such as "authorization: Bearer TOKEN".',
      });
    }),
  );
}
