import { WeirError } from '../runtime/index.ts';
import { type FileComplaint, readTextFile } from './credentials.ts';

/** What a bearer token is made of (RFC 6750), in a file of at most this many characters. */
const token = /^[\w.~+/-]{16,4096}=*$/;

/**
 * The bearer token in a file: its only line.
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
