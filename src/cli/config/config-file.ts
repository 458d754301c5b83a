import { nodeAt, WeirError } from '../../runtime/index.ts';
import { agentFile } from './agent-file.ts';
import { aggregatorFile } from './aggregator-file.ts';
import { sectionPaths } from './checked-config.ts';
import { configMapKeys, type FileKind } from './config-text.ts';

/** The two files. An agent does not load this: the aggregator's options bring every kind of sink. */
export const configFiles = {
  agent: { root: agentFile, key: configMapKeys.agent },
  aggregator: { root: aggregatorFile, key: configMapKeys.aggregator },
} as const;

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
