import { constants } from 'node:fs';
import { access, lstat, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type FileComplaint, readCredentials, readTextFile, readToken } from '../../http/index.ts';
import {
  expectGuardedFolder,
  FOLDER_OPEN_TO_ALL,
  type OptionNode,
  type PathUse,
  type Section,
  type Shape,
  WeirError,
} from '../../runtime/index.ts';
import { type CheckedConfig, checkConfig } from './checked-config.ts';
import { ConfigError, type ConfigProblem } from './config-problem.ts';
import { unwrapConfigMap } from './config-text.ts';

/**
 * Tests the files and directories of a configuration as a start would, without creating any.
 * @throws {ConfigError} with each one that a start would refuse
 */
export async function expectNamedPaths(
  text: string,
  file: string,
  root: Section,
  defaults: readonly string[] = [],
): Promise<void> {
  const bare = unwrapConfigMap(text);
  const config = checkConfig(bare.text, file, root, bare.indent, defaults);
  const named = namedPaths(root, config.value, []);
  const problems = await Promise.all(named.map((one) => problemOf(one, file, config)));
  if (problems.some((problem) => problem !== undefined)) {
    throw new ConfigError(problems.filter((problem) => problem !== undefined));
  }
}

interface NamedPath {
  /** The path of the option. */
  readonly keys: readonly PropertyKey[];
  readonly path: string;
  readonly use: PathUse;
}

function namedPaths(node: OptionNode, value: unknown, keys: readonly PropertyKey[]): NamedPath[] {
  if (value === undefined) return [];
  if (node.kind === 'option') {
    return node.pathUse === undefined ? [] : [{ keys, path: String(value), use: node.pathUse }];
  }
  if (node.kind === 'section') return isOff(value) ? [] : namedPathsBelow(node.shape, value, keys);
  const items = value as readonly unknown[];
  return items.flatMap((item, index) => namedPathsBelow(node.shape, item, [...keys, index]));
}

/** A start opens nothing of such a section. */
const isOff = (values: unknown): boolean => (values as { readonly enable?: unknown }).enable === false;

function namedPathsBelow(shape: Shape, values: unknown, keys: readonly PropertyKey[]): NamedPath[] {
  return Object.entries(shape).flatMap(([key, node]) =>
    namedPaths(node, (values as Readonly<Record<string, unknown>>)[key], [...keys, key]),
  );
}

async function problemOf(
  { keys, path, use }: NamedPath,
  file: string,
  { lineOf }: CheckedConfig<unknown>,
): Promise<ConfigProblem | undefined> {
  const { attempt, expected, advice } = uses[use];
  try {
    await attempt(path);
    return undefined;
  } catch (error) {
    const found = `${JSON.stringify(path)}, ${reasonOf(error)}`;
    return { file, line: lineOf(...keys) ?? 1, key: keys.join('.'), expected, found, advice };
  }
}

interface Use {
  /** @throws when the path cannot be used */
  readonly attempt: (path: string) => Promise<unknown>;
  readonly expected: string;
  readonly advice: string;
}

const complaint: FileComplaint = {
  code: 'WEIR_CONFIG_INVALID',
  purpose: 'the configuration',
  section: 'the configuration',
};
const readable = 'a file that this process may read';
const mend = 'make the file or correct the path';

const uses: Readonly<Record<PathUse, Use>> = {
  read: {
    attempt: (path) => readTextFile(path, complaint),
    expected: readable,
    advice: mend,
  },
  pem: {
    attempt: expectPem,
    expected: 'a PEM file that this process may read',
    advice: mend,
  },
  headers: {
    attempt: (path) => readCredentials({ headersFile: path }, complaint),
    expected: 'a file with one header a line, such as "authorization: Bearer TOKEN"',
    advice: 'make or correct the file',
  },
  token: {
    attempt: (path) => readToken(path, complaint),
    expected: 'a file with a bearer token, one line of 16 or more letters, digits and -._~+/',
    advice: 'make one with: openssl rand -hex 32',
  },
  open: {
    attempt: (path) => access(path, constants.R_OK),
    expected: readable,
    advice: 'make it, such as by "ip netns add", or correct the path',
  },
  append: {
    attempt: expectAppendable,
    expected: 'a file to append to, in a directory that is there',
    advice: 'make the directory and let this process write there, or name another file',
  },
  make: {
    attempt: expectDirectory,
    expected: 'a directory that this process may write to, or make',
    advice: 'name another directory, or let this process write there',
  },
};

/** A start accepts any text, but no connection with it would succeed. */
async function expectPem(path: string): Promise<void> {
  const text = await readTextFile(path, complaint);
  if (!text.includes('-----BEGIN ')) throw Object.assign(new Error('no PEM'), { code: NO_PEM });
}

async function expectAppendable(path: string): Promise<void> {
  if (path === '-') return;
  if (/^\/(dev|proc)\//.test(path)) return access(path, constants.W_OK);
  const folder = dirname(resolve(path));
  await expectGuardedFolder(folder, true);
  const found = await lstat(path).catch(ifMissing);
  if (found === undefined) return access(folder, constants.W_OK | constants.X_OK);
  if (found.isSymbolicLink()) throw Object.assign(new Error('a link'), { code: 'ELOOP' });
  if (found.isDirectory()) throw Object.assign(new Error('a directory'), { code: 'EISDIR' });
  return access(path, constants.W_OK);
}

async function expectDirectory(path: string): Promise<void> {
  if ((await stat(path).catch(ifMissing)) === undefined) return expectRoomFor(path);
  await expectWritableDirectory(path);
  await expectGuardedFolder(path, false);
}

/** A directory is created with its parents, so the nearest existing one must allow that. */
async function expectRoomFor(path: string): Promise<void> {
  const above = dirname(resolve(path));
  const found = await stat(above).catch(ifMissing);
  return found === undefined ? expectRoomFor(above) : expectWritableDirectory(above);
}

async function expectWritableDirectory(path: string): Promise<void> {
  const found = await stat(path);
  if (!found.isDirectory()) throw Object.assign(new Error('no directory'), { code: 'ENOTDIR' });
  return access(path, constants.R_OK | constants.W_OK | constants.X_OK);
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

const NO_PEM = 'NO_PEM';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'which is not there',
  EACCES: 'to which this process has no right',
  EPERM: 'to which this process has no right',
  EISDIR: 'which is a directory',
  ELOOP: 'which is a symbolic link',
  ENOTDIR: 'where a file stands in the way of a directory',
  [NO_PEM]: 'which has no PEM in it',
  EROFS: 'which is on a file system that is read-only',
};

function reasonOf(error: unknown): string {
  if (error instanceof WeirError && error.code === FOLDER_OPEN_TO_ALL) return error.message;
  if (error instanceof WeirError && error.cause === undefined) {
    const line = /line \d+/.exec(error.message);
    return line === null ? 'which has none' : `which has no header in ${line}`;
  }
  const { code = '', message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}
