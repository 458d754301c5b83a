import type { Command } from 'commander';
import {
  type FileComplaint,
  formatHttpAddress,
  keptTokenIn,
  readTextFile,
  readToken,
} from '../../http/client.ts';
import { WeirError } from '../../runtime/index.ts';
import { defaultHttp } from '../default-addresses.ts';
import { consoleFolder } from '../history-directory.ts';
import { isOwnListener } from './own-listener.ts';
import {
  type NamedServer,
  parseServerAddress,
  type ServerOptions,
  withAuthorities,
} from './server-address.ts';

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

/** Options that only an aggregator needs, by their name in JavaScript. */
export const accessOptions = {
  tokenFile: '--token-file',
  caFile: '--ca-file',
  context: '--context',
  serviceAccount: '--service-account',
  aggregator: '--aggregator',
} as const satisfies Partial<Record<keyof ServerOptions, string>>;

/** The other options that lead to an aggregator. @param of whom they are for: "aggregator: " */
export function addAccessOptions(command: Command, of = ''): Command {
  return command
    .option(
      '--token-file <file>',
      `${of}a file with its bearer token (or WEIR_TOKEN_FILE in the environment)`,
    )
    .option('--ca-file <file>', `${of}PEM certificates of the authorities that signed its certificate`)
    .option('--context <name>', `${of}find it in the cluster of this context of the kubeconfig`)
    .option(
      '--service-account <name>',
      `${of}with --context, ask as this ServiceAccount: NAME or NAMESPACE/NAME (weir-flow-reader)`,
    )
    .option(
      '--aggregator <name>',
      `${of}with --context, the Service of the aggregator: NAMESPACE/NAME (flow-aggregator/flow-aggregator)`,
    );
}

/**
 * The server that options name.
 * @param isLasting whether it is asked again and again, so that its connections are kept
 * @throws {WeirError} WEIR_USAGE_SERVER, WEIR_USAGE_TOKEN_FILE, WEIR_USAGE_CA_FILE; with a context, what the
 * cluster answers
 */
export async function namedServer(options: ServerOptions, { isLasting = false } = {}): Promise<NamedServer> {
  const { context, tokenFile, caFile, server = process.env.WEIR_SERVER || undefined } = options;
  const token = await tokenIn(tokenFile ?? (process.env.WEIR_TOKEN_FILE || undefined));
  const ca = caFile === undefined ? undefined : await readTextFile(caFile, caComplaint);
  const named = server === undefined ? undefined : withAuthorities(parseServerAddress(server), ca);
  if (context === undefined) {
    expectNoContext(options);
    if (named !== undefined) return { address: named, token };
    return { address: parseServerAddress(DEFAULT_SERVER), token: token ?? (await tokenOfOwnServer()) };
  }
  // loading the client of Kubernetes takes longer than most queries
  const { clusterServer } = await import('./cluster-server.ts');
  return clusterServer({
    ...options,
    context,
    ca,
    token,
    isLasting,
    address: options.server === undefined ? undefined : named,
  });
}

const tokenIn = async (file: string | undefined): Promise<string | undefined> =>
  file === undefined ? undefined : readToken(file, tokenComplaint);

/** The token that the "weir up" of this user keeps. Another user's process on its port does not get it. */
const tokenOfOwnServer = async (): Promise<string | undefined> =>
  (await isOwnListener(defaultHttp.port)) ? keptTokenIn(consoleFolder()) : undefined;

function expectNoContext({ serviceAccount, aggregator }: ServerOptions): void {
  if (serviceAccount === undefined && aggregator === undefined) return;
  const option = serviceAccount === undefined ? '--aggregator' : '--service-account';
  throw new WeirError('WEIR_USAGE_SERVER', `${option}: expected --context beside it, found none`, {
    remedy: 'Add --context NAME; "kubectl config get-contexts" lists them.',
  });
}
