import { posix } from 'node:path';
import { importsOf, type Source } from './sources.ts';

/**
 * Groups of files of which each reaches each other by imports. Types count: files that need each other's
 * types are one file, or need a third.
 */
export function importCycles(sources: Source[]): string[][] {
  const reached = new Map(sources.map((source) => [source.path, targetsOf(source)]));
  const everythingFrom = (path: string): Set<string> => {
    const found = new Set<string>();
    const next = [...(reached.get(path) ?? [])];
    for (let target = next.pop(); target !== undefined; target = next.pop()) {
      if (found.has(target)) continue;
      found.add(target);
      next.push(...(reached.get(target) ?? []));
    }
    return found;
  };
  const all = new Map([...reached.keys()].map((path) => [path, everythingFrom(path)]));
  const cycles = [...all].flatMap(([path, found]) => {
    if (!found.has(path)) return [];
    const cycle = [...found].filter((other) => all.get(other)?.has(path)).sort();
    return cycle[0] === path ? [cycle] : [];
  });
  return cycles;
}

/** A thread's program is started, not imported: its URL makes no circle. */
function targetsOf(source: Source): string[] {
  const text = source.text.replaceAll(/\bnew URL\([^)]*\)/g, '');
  return importsOf({ ...source, text })
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(source.path), specifier));
}
