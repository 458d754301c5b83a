import { type Credentials, readCredentials, readTextFile } from '../../runtime/index.ts';
import type { PushOptions } from './push-options.ts';

const complaint = { code: 'WEIR_LOKI_FILE', purpose: 'Loki', section: 'a sink loki' } as const;

/** What goes with each push. */
export interface PushCredentials extends Credentials {
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** @throws {WeirError} WEIR_LOKI_FILE when a file cannot be read or has a line that is no header */
export async function readPushCredentials(options: PushOptions): Promise<PushCredentials> {
  const { headers, authorities } = await readCredentials(options, complaint);
  const authorization = await authorizationOf(options);
  return {
    headers: {
      ...headers,
      ...(authorization !== undefined && { authorization }),
      ...(options.tenant !== undefined && { 'x-scope-orgid': options.tenant }),
    },
    authorities,
    certificate: await optional(options.certificateFile),
    key: await optional(options.keyFile),
  };
}

async function authorizationOf({
  username,
  passwordFile,
  bearerTokenFile,
}: PushOptions): Promise<string | undefined> {
  if (bearerTokenFile !== undefined)
    return `Bearer ${(await readTextFile(bearerTokenFile, complaint)).trim()}`;
  if (username === undefined) return undefined;
  const password = ((await optional(passwordFile)) ?? '').trim();
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

const optional = async (path: string | undefined): Promise<string | undefined> =>
  path === undefined ? undefined : readTextFile(path, complaint);
