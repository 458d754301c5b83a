import { readFile } from 'node:fs/promises';
import { type ErrorCode, WeirError } from '../runtime/index.ts';

/** How to complain of a file that an option names. */
export interface FileComplaint {
  readonly code: ErrorCode;
  /** What it is for: 'OTLP'. */
  readonly purpose: string;
  /** The section with the options that name files: 'weir.metrics.otlp'. */
  readonly section: string;
}

/** Files with what a server asks for, so that secrets stay out of the configuration. */
export interface CredentialFiles {
  /** One header a line, "name: value". */
  readonly headersFile?: string;
  /** PEM. */
  readonly caFile?: string;
}

export interface Credentials {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** PEM; undefined: those that Node trusts. */
  readonly authorities: string | undefined;
}

/** @throws {WeirError} with the given code when a file cannot be read or has a line that is no header */
export async function readCredentials(
  { headersFile, caFile }: CredentialFiles,
  complaint: FileComplaint,
): Promise<Credentials> {
  return {
    headers: headersFile === undefined ? {} : await readHeadersFile(headersFile, complaint),
    authorities: caFile === undefined ? undefined : await readTextFile(caFile, complaint),
  };
}

/** One header a line, empty lines and those that begin with # left out. Names are put into lower case. */
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
