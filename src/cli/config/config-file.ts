import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { nodeAt, WeirError } from '../../runtime/index.ts';
import { agentFile } from './agent-file.ts';
import { aggregatorFile } from './aggregator-file.ts';
import { sectionPaths } from './checked-config.ts';

/** The two files, and the keys under which the reference system's ConfigMaps hold them. */
export const configFiles = {
  agent: { root: agentFile, key: 'antrea-agent.conf' },
  aggregator: { root: aggregatorFile, key: 'flow-aggregator.conf' },
} as const;

export type FileKind = keyof typeof configFiles;
export const fileKinds = Object.keys(configFiles) as FileKind[];

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'expected a file, found a directory',
  EACCES: 'this process has no right to read it',
};

/** @throws {WeirError} that says why the file cannot be read */
export function readConfigFile(path: string): string {
  try {
    return textOf(readFileSync(path), path);
  } catch (error) {
    if (error instanceof WeirError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = unreadable[code ?? ''] ?? message;
    throw new WeirError('WEIR_CONFIG_UNREADABLE', `${path}: ${reason}`);
  }
}

/** Refuses other encodings at once: each of their characters would cause an error of its own. */
function textOf(octets: Buffer, path: string): string {
  if (isUtf8(octets) && !octets.includes(0)) return octets.toString('utf8');
  const found = isUtf16(octets) ? 'UTF-16' : 'octets that are none';
  throw new WeirError('WEIR_CONFIG_UNREADABLE', `${path}: expected text in UTF-8, found ${found}`, {
    remedy: `Save it as UTF-8${found === 'UTF-16' ? ': iconv -f UTF-16 -t UTF-8' : ''}.`,
  });
}

/** Looks for a byte order mark, or for the zero octet of an ASCII character. */
function isUtf16(octets: Buffer): boolean {
  const [first = 1, second = 1] = octets;
  return (
    (first === 0xff && second === 0xfe) ||
    (first === 0xfe && second === 0xff) ||
    (first === 0) !== (second === 0)
  );
}

/**
 * Finds the configuration in a text. The text is the bare file, a ConfigMap that contains it, or a part of
 * one. That part begins with its key and a block of text (`antrea-agent.conf: |`). Lines keep their numbers,
 * so messages name the line of the file. `indent` is the number of columns removed from each line.
 */
export function unwrapConfigMap(text: string): { kind: FileKind | undefined; text: string; indent: number } {
  const lines = text.split('\n');
  for (const kind of fileKinds) {
    const header = lines.findIndex((line) => isBlockOf(configFiles[kind].key, line));
    if (header < 0) continue;
    const outer = indentationOf(lines[header]!);
    const after = lines.slice(header + 1);
    const end = after.findIndex((line) => line.trim() !== '' && indentationOf(line) <= outer);
    const block = end < 0 ? after : after.slice(0, end);
    const inner = indentationOf(block.find((line) => line.trim() !== '') ?? '');
    const bare = block.map((line) => line.slice(inner)).join('\n');
    return { kind, text: '\n'.repeat(header + 1) + bare, indent: inner };
  }
  return { kind: undefined, text, indent: 0 };
}

const isBlockOf = (key: string, line: string): boolean => {
  const trimmed = line.trim();
  return trimmed.startsWith(`${key}:`) && /^\|[-+]?$/.test(trimmed.slice(key.length + 1).trim());
};

const indentationOf = (line: string): number => line.length - line.trimStart().length;

/**
 * Recognises one of the two files by keys that the other lacks; undefined when there are none.
 */
export function guessKind(text: string, file: string): FileKind | undefined {
  const { agent, aggregator } = knownKeys(text, file);
  if (agent === aggregator) return undefined;
  return agent > aggregator ? 'agent' : 'aggregator';
}

/**
 * Refuses the file of the other program. Otherwise each of its keys would be reported as a mistake.
 * @throws {WeirError} WEIR_CONFIG_KIND, when keys of the other kind are there and none of this one
 */
export function expectKind(
  kind: FileKind,
  { text, indent }: { text: string; indent: number },
  file: string,
): void {
  const known = knownKeys(text, file, indent);
  const other = kind === 'agent' ? 'aggregator' : 'agent';
  if (known[kind] > 0 || known[other] === 0) return;
  throw new WeirError(
    'WEIR_CONFIG_KIND',
    `${file}: expected the configuration of an ${kind}, found that of an ${other}`,
    {
      remedy: `Give it to "weir ${other}", or name another file.`,
    },
  );
}

/** Counts the keys, at the top and below `weir`, that only one of the two files has. */
function knownKeys(text: string, file: string, indent = 0): Record<FileKind, number> {
  const paths = sectionPaths(text, file, indent);
  const hasPath = (kind: FileKind, path: string[]) => nodeAt(configFiles[kind].root, path) !== undefined;
  const countOnlyIn = (kind: FileKind, other: FileKind) =>
    paths.filter((path) => hasPath(kind, path) && !hasPath(other, path)).length;
  return { agent: countOnlyIn('agent', 'aggregator'), aggregator: countOnlyIn('aggregator', 'agent') };
}
