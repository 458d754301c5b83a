import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { WeirError } from '../../runtime/index.ts';

/** The keys under which the reference system's ConfigMaps hold the two files. */
export const configMapKeys = { agent: 'antrea-agent.conf', aggregator: 'flow-aggregator.conf' } as const;

export type FileKind = keyof typeof configMapKeys;
export const fileKinds = Object.keys(configMapKeys) as FileKind[];

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
    const header = lines.findIndex((line) => isBlockOf(configMapKeys[kind], line));
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
