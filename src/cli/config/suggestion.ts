import { nearestName } from '../../flow/index.ts';
import { nodeAt, type Section, type Shape } from '../../runtime/index.ts';

type Path = readonly PropertyKey[];

/** Suggests a known key for an unknown one in the section at a path. */
export function suggestKey(root: Section, path: Path, key: string): string | undefined {
  const section = nodeAt(root, path);
  if (section === undefined || section.kind === 'option') return undefined;
  const otherNames = section.kind === 'section' ? section.otherNames : {};
  const { shape } = section;
  const meant = otherNames[key] ?? nearestName(key, Object.keys(shape)) ?? keyBelow(shape, key);
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

/** The same key one section further down, when only one of these sections has it. */
function keyBelow(shape: Shape, key: string): string | undefined {
  const holders = Object.entries(shape).flatMap(([name, below]) =>
    below.kind !== 'option' && Object.hasOwn(below.shape, key) ? [name] : [],
  );
  return holders.length === 1 ? `${holders[0]}.${key}` : undefined;
}

/** Suggests known names for unknown ones: a value, the items of a list, or the keys of a map. */
export function suggestValue(root: Section, path: Path, found: unknown): string | undefined {
  const node = nodeAt(root, path);
  const names = node?.kind === 'option' ? node.names : undefined;
  if (names === undefined) return undefined;
  const isMap = typeof found === 'object' && found !== null && !Array.isArray(found);
  const words = isMap ? Object.keys(found) : [found].flat();
  const meant = words.flatMap((word) => {
    if (typeof word !== 'string' || names.includes(word)) return [];
    return nearestName(word, names) ?? [];
  });
  return meant.length === 0 ? undefined : `did you mean ${[...new Set(meant)].join(', ')}?`;
}
