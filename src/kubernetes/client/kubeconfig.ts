import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { WeirError } from '../../runtime/index.ts';
import { readBoundedFile } from './reread-file.ts';

/** A kubeconfig, or several as one, with absolute paths. */
export interface Kubeconfig {
  readonly clusters: readonly NamedEntry[];
  readonly contexts: readonly NamedEntry[];
  readonly users: readonly NamedEntry[];
  readonly 'current-context'?: string | undefined;
}

interface NamedEntry {
  readonly name: string;
  readonly [kind: string]: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** The files that kubectl would read: those in KUBECONFIG, or the one in the home directory. */
export function kubeconfigPaths(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string[] {
  const named = (environment.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  return named.length > 0 ? named : [join(environment.HOME ?? homedir(), '.kube', 'config')];
}

/**
 * Reads one or more files as one. As with kubectl, the first entry of a name counts.
 * @throws {WeirError} WEIR_KUBERNETES_CREDENTIALS
 */
export async function readKubeconfig(paths: readonly string[]): Promise<Kubeconfig> {
  const files: Kubeconfig[] = [];
  for (const path of paths) files.push(await readOne(path));
  const entriesOfAll = (kind: 'clusters' | 'contexts' | 'users') =>
    firstOfEachName(files.flatMap((file) => file[kind]));
  return {
    clusters: entriesOfAll('clusters'),
    contexts: entriesOfAll('contexts'),
    users: entriesOfAll('users'),
    'current-context': files.map((file) => file['current-context']).find((name) => name),
  };
}

async function readOne(path: string): Promise<Kubeconfig> {
  try {
    const text = await readBoundedFile(path);
    // Pretty errors quote the file, which has secrets.
    const file: unknown = parse(text, { prettyErrors: false, logLevel: 'silent' });
    if (!isFields(file)) throw new Error(`${path}: expected a kubeconfig, found other YAML`);
    const folder = dirname(resolve(path));
    const context = file['current-context'];
    return {
      clusters: entriesOf(file.clusters, 'cluster', (cluster) => withPaths(cluster, folder)),
      contexts: entriesOf(file.contexts, 'context', (context) => context),
      users: entriesOf(file.users, 'user', (user) =>
        withCommand(withTokenFile(withPaths(user, folder)), folder),
      ),
      'current-context': typeof context === 'string' ? context : undefined,
    };
  } catch (cause) {
    throw new WeirError(
      'WEIR_KUBERNETES_CREDENTIALS',
      `a kubeconfig cannot be read: ${(cause as Error).message}`,
      {
        remedy: 'Name a file that "kubectl --kubeconfig FILE config view" can show.',
        cause,
      },
    );
  }
}

function entriesOf(list: unknown, kind: string, adapt: (fields: Fields) => Fields): NamedEntry[] {
  if (!Array.isArray(list)) return [];
  return list
    .filter(isFields)
    .map((entry) => ({ name: String(entry.name), [kind]: adapt(isFields(entry[kind]) ? entry[kind] : {}) }));
}

const pathKeys = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

const withPaths = (fields: Fields, folder: string): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      pathKeys.includes(key) && typeof value === 'string' && value !== '' ? resolve(folder, value) : value,
    ]),
  );

/** client-node reads a token file only where it expects one of a Pod. */
function withTokenFile(user: Fields): Fields {
  const { tokenFile } = user;
  if (typeof tokenFile !== 'string' || tokenFile === '') return user;
  return { ...user, token: undefined, 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
}

/** A command with a slash is relative to the file. */
function withCommand(user: Fields, folder: string): Fields {
  const { exec } = user;
  if (!isFields(exec) || typeof exec.command !== 'string' || !exec.command.includes('/')) return user;
  return { ...user, exec: { ...exec, command: resolve(folder, exec.command) } };
}

const firstOfEachName = (entries: readonly NamedEntry[]): NamedEntry[] => [
  ...new Map(entries.toReversed().map((entry) => [entry.name, entry])).values(),
];

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
