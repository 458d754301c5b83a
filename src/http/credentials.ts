import { readFile } from 'node:fs/promises';
import { type ErrorCode, WeirError } from '../runtime/index.ts';

/** How errors refer to a file that an option names. */
export interface FileComplaint {
  readonly code: ErrorCode;
  /** What the file is for: 'OTLP'. */
  readonly purpose: string;
  /** The section whose options name the files: 'weir.metrics.otlp'. */
  readonly section: string;
}

/** Files with the credentials that a server asks for. They keep secrets out of the configuration. */
export interface CredentialFiles {
  /** One header on each line, "name: value". */
  readonly headersFile?: string;
  /** PEM. */
  readonly caFile?: string;
}

export interface Credentials {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** PEM; undefined means the authorities that Node trusts. */
  readonly authorities: string | undefined;
}

/** @throws {WeirError} with the given code when a file cannot be read or a line is not a header */
export async function readCredentials(
  { headersFile, caFile }: CredentialFiles,
  complaint: FileComplaint,
): Promise<Credentials> {
  return {
    headers: headersFile === undefined ? {} : await readHeadersFile(headersFile, complaint),
    authorities: caFile === undefined ? undefined : await readTextFile(caFile, complaint),
  };
}

/** One header on each line; empty lines and lines that begin with # are ignored. Names become lower case. */
async function readHeadersFile(path: string, complaint: FileComplaint): Promise<Record<string, string>> {
  const lines = (await readTextFile(path, complaint)).split('\n').map((line) => line.trim());
  return Object.fromEntries(
    lines.flatMap((line, index) => {
      if (line === '' || line.startsWith('#')) return [];
      const header = /^([!#$%&'*+.^_`|~\w-]+)\s*:\s*(\S.*)$/.exec(line);
      if (header !== null) return [[header[1]!.toLowerCase(), header[2]!]];
      throw new WeirError(complaint.code, `${path}, line ${index + 1}: expected "name: value"`, {
        remedy: 'Write one HTTP header a line, such as "authorization: Bearer TOKEN".',
      });
    }),
  );
}

/** @throws {WeirError} with the given code */
export async function readTextFile(path: string, { code, purpose, section }: FileComplaint): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new WeirError(code, `a file for ${purpose} cannot be read: ${(cause as Error).message}`, {
      remedy: `Correct the path (${section}), or let this process read the file.`,
      cause,
    });
  }
}
