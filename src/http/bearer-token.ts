import { WeirError } from '../runtime/index.ts';
import { type FileComplaint, readTextFile } from './credentials.ts';

/** The characters of a bearer token (RFC 6750), and its length in a file. */
const token = /^[\w.~+/-]{16,4096}=*$/;

/**
 * Reads the bearer token of a file: its only line.
 * @throws {WeirError} with the code of the complaint when the file cannot be read or has no token
 */
export async function readToken(path: string, complaint: FileComplaint): Promise<string> {
  const text = (await readTextFile(path, complaint)).trim();
  if (token.test(text)) return text;
  throw new WeirError(
    complaint.code,
    `${path}: expected a bearer token, one line of 16 or more letters, digits and -._~+/`,
    {
      remedy: 'Make one with: openssl rand -hex 32',
    },
  );
}
