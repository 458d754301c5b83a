import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  describeError,
  expectGuardedFolder,
  type Log,
  NO_LINK,
  Refusals,
  WeirError,
} from '../runtime/index.ts';
import { readToken } from './bearer-token.ts';
import type { FileComplaint } from './credentials.ts';

const complaint: FileComplaint = {
  code: 'WEIR_HTTP_TOKEN_FILE',
  purpose: 'HTTP',
  section: 'weir.http and weir.metrics',
};

/** Where the token of a server comes from. */
export interface TokenSource {
  /**
   * The token now.
   * @throws {WeirError} WEIR_HTTP_TOKEN_FILE when its file cannot be read or has no token
   */
  read(): Promise<string>;
  /** Where people find it, for messages. */
  readonly place: string;
  /** What cookies are made with, besides the token. */
  readonly cookieKey: Buffer;
}

/**
 * The token in a file of the user, read again each time, since tokens change. A restart ends its cookies.
 * @param log gets why it cannot be read any more
 */
export function fileToken(path: string, log?: Log): TokenSource {
  const refusals = log && new Refusals(log, 'http', 'credentials');
  let hasRead = false;
  const read = async () => {
    try {
      const token = await readToken(path, complaint);
      hasRead = true;
      refusals?.accept();
      return token;
    } catch (error) {
      // At the start it is the error of the start.
      if (hasRead) refusals?.refuse(`answers nobody who needs the token: ${describeError(error)}`);
      throw error;
    }
  };
  return { read, place: `the file ${path}`, cookieKey: randomBytes(32) };
}

/** A token that nobody can guess. It may be the key of its cookies, too, so that they outlive a restart. */
function ownToken(token: string, place: string): TokenSource {
  return { read: async () => token, place, cookieKey: Buffer.from(token) };
}

/** A new token, which lasts as long as the process. */
export const freshToken = (place: string): TokenSource => ownToken(newToken(), place);

const newToken = (): string => randomBytes(32).toString('base64url');

/**
 * The token in the file "token" of a folder, which only its owner may read; a new one when there is none. So
 * links with it stay valid.
 * @throws {WeirError} WEIR_HTTP_TOKEN_FILE when it cannot be kept, or others could have read it
 */
export async function keptToken(folder: string): Promise<TokenSource> {
  const path = join(folder, 'token');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await expectGuardedFolder(folder, false);
    if ((await lstat(path).catch(() => undefined)) === undefined) await writeNew(path);
    return ownToken(await readKept(path), `the file ${path}`);
  } catch (cause) {
    if (cause instanceof WeirError) throw cause;
    const text = `the token of the console cannot be kept: ${(cause as Error).message}`;
    throw new WeirError('WEIR_HTTP_TOKEN_FILE', text, {
      remedy: `Let this process write to ${folder}.`,
      cause,
    });
  }
}

/** The kept token of a folder, for a client of the same user; undefined where there is none for it. */
export const keptTokenIn = (folder: string): Promise<string | undefined> =>
  readKept(join(folder, 'token')).catch(() => undefined);

/** Another process may do the same: who comes first has written it whole. */
async function writeNew(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${newToken()}\n`, { mode: 0o600 });
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readKept(path: string): Promise<string> {
  await using file = await open(path, NO_LINK);
  const { mode, uid } = await file.stat();
  const isPrivate = (mode & 0o077) === 0 && uid === process.getuid?.();
  const token = (await file.readFile('utf8')).trim();
  if (isPrivate && /^[\w-]{43}$/.test(token)) return token;
  const found = isPrivate ? 'something else' : 'a file that other users can read';
  throw new WeirError(
    'WEIR_HTTP_TOKEN_FILE',
    `${path}: expected a token of Weir for its owner, found ${found}`,
    {
      remedy: 'Remove it: the next start makes a new one.',
    },
  );
}
