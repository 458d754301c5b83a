import type { Command } from 'commander';
import { type FileComplaint, formatHttpAddress, readTextFile, readToken } from '../../http/index.ts';
import { defaultHttp } from '../default-addresses.ts';
import { parseServerAddress, type ServerAddress } from './server-address.ts';

/** The server to ask, and what to show it. */
export interface NamedServer {
  readonly address: ServerAddress;
  readonly token: string | undefined;
}

/** What the options of a command say about the server. */
export interface ServerOptions {
  readonly server?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
}

const DEFAULT_SERVER = formatHttpAddress(defaultHttp);

const tokenComplaint: FileComplaint = {
  code: 'WEIR_USAGE_TOKEN_FILE',
  purpose: '--token-file',
  section: '--token-file',
};
const caComplaint: FileComplaint = { code: 'WEIR_USAGE_CA_FILE', purpose: '--ca-file', section: '--ca-file' };

/** The options of commands that ask an aggregator only. `weir flows` has a text of its own for --server. */
export function addServerOption(command: Command): Command {
  return command.option(
    '--server <address>',
    `a URL, or unix:/run/weir/http.sock (${DEFAULT_SERVER}, or WEIR_SERVER in the environment)`,
  );
}

/** The other options that lead to an aggregator. @param of whom they are for: "aggregator: " */
export function addAccessOptions(command: Command, of = ''): Command {
  return command
    .option(
      '--token-file <file>',
      `${of}a file with its bearer token (or WEIR_TOKEN_FILE in the environment)`,
    )
    .option('--ca-file <file>', `${of}PEM certificates of the authorities that signed its certificate`);
}

/** @throws {WeirError} WEIR_USAGE_SERVER, WEIR_USAGE_TOKEN_FILE, WEIR_USAGE_CA_FILE */
export async function namedServer(options: ServerOptions): Promise<NamedServer> {
  const { tokenFile, caFile, server = process.env.WEIR_SERVER || undefined } = options;
  const token = await tokenIn(tokenFile ?? (process.env.WEIR_TOKEN_FILE || undefined));
  const ca = caFile === undefined ? undefined : await readTextFile(caFile, caComplaint);
  const named = server === undefined ? undefined : withAuthorities(parseServerAddress(server), ca);
  return { address: named ?? parseServerAddress(DEFAULT_SERVER), token };
}

const tokenIn = async (file: string | undefined): Promise<string | undefined> =>
  file === undefined ? undefined : readToken(file, tokenComplaint);

const withAuthorities = (address: ServerAddress, ca: string | undefined): ServerAddress =>
  ca === undefined ? address : { ...address, target: { ...address.target, ca } };
