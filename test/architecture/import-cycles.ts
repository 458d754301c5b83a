import { posix } from 'node:path';
import { importsOf, type Source } from './sources.ts';

/**
 * Groups of files of which each reaches each other by imports. Types count: files that need each other's
 * types are one file, or need a third.
 */
export function importCycles(sources: Source[]): string[][] {
  const all = reachedFiles(sources);
  const cycles = [...all].flatMap(([path, found]) => {
    if (!found.has(path)) return [];
    const cycle = [...found].filter((other) => all.get(other)?.has(path)).sort();
    return cycle[0] === path ? [cycle] : [];
  });
  return cycles;
}

/** For each file, the files that its imports reach, directly or through others. */
export function reachedFiles(sources: Source[]): Map<string, Set<string>> {
  const targets = new Map(sources.map((source) => [source.path, targetsOf(source)]));
  const everythingFrom = (path: string): Set<string> => {
    const found = new Set<string>();
    const next = [...(targets.get(path) ?? [])];
    for (let target = next.pop(); target !== undefined; target = next.pop()) {
      if (found.has(target)) continue;
      found.add(target);
      next.push(...(targets.get(target) ?? []));
    }
    return found;
  };
  return new Map([...targets.keys()].map((path) => [path, everythingFrom(path)]));
}

/** A thread's program is started, not imported: its URL makes no circle. */
function targetsOf(source: Source): string[] {
  const text = source.text.replaceAll(/\bnew URL\([^)]*\)/g, '');
  return importsOf({ ...source, text })
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(source.path), specifier));
}
