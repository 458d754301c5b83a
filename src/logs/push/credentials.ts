import { type Credentials, type FileComplaint, readCredentials, readTextFile } from '../../http/index.ts';
import { logServers } from '../log-server.ts';
import { type PushOptions, serverOf } from './push-options.ts';

/** Credentials of each push. */
export interface PushCredentials extends Credentials {
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/**
 * @throws {WeirError} WEIR_LOKI_FILE or WEIR_VICTORIALOGS_FILE when a file cannot be read or has a line that
 * is no header
 */
export async function readPushCredentials(options: PushOptions): Promise<PushCredentials> {
  const { code, title, section } = serverOf(options) ?? logServers.loki;
  const complaint: FileComplaint = {
    code: `WEIR_${code}_FILE`,
    purpose: title,
    section: `a sink ${section}`,
  };
  const readCredential = async (path: string | undefined) =>
    path === undefined ? undefined : readTextFile(path, complaint);
  const { headers, authorities } = await readCredentials(options, complaint);
  const authorization = await authorizationOf(options, readCredential);
  return {
    headers: {
      ...headers,
      ...(authorization !== undefined && { authorization }),
    },
    authorities,
    certificate: await readCredential(options.certificateFile),
    key: await readCredential(options.keyFile),
  };
}

type ReadFile = (path: string | undefined) => Promise<string | undefined>;

async function authorizationOf(
  { username, passwordFile, bearerTokenFile }: PushOptions,
  read: ReadFile,
): Promise<string | undefined> {
  if (bearerTokenFile !== undefined) return `Bearer ${(await read(bearerTokenFile))!.trim()}`;
  if (username === undefined) return undefined;
  const password = ((await read(passwordFile)) ?? '').trim();
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
