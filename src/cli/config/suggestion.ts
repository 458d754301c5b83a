import type { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import { otherNamesOf, present, schemaAt, shapeOf, textOf } from './option.ts';

type Path = readonly PropertyKey[];

/** What an unknown key of the section at a path was probably meant to be. */
export function suggestKey(schema: z.ZodType, path: Path, key: string): string | undefined {
  const section = schemaAt(schema, path);
  const shape = section === undefined ? undefined : shapeOf(section);
  if (section === undefined || shape === undefined) return undefined;
  const meant = otherNamesOf(section)[key] ?? nearestName(key, Object.keys(shape)) ?? keyBelow(shape, key);
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

/** The same key one section further down, where only one of these sections has it. */
function keyBelow(shape: Readonly<Record<string, z.ZodType>>, key: string): string | undefined {
  const holders = Object.keys(shape).filter((name) => {
    const below = shapeOf(present(shape[name]!));
    return below !== undefined && Object.hasOwn(below, key);
  });
  return holders.length === 1 ? `${holders[0]}.${key}` : undefined;
}

/** What an unknown name, or each unknown one of a list or of the keys of a map, was probably meant to be. */
export function suggestValue(schema: z.ZodType, path: Path, found: unknown): string | undefined {
  const option = schemaAt(schema, path);
  const names = option === undefined ? undefined : textOf(option)?.names;
  if (names === undefined) return undefined;
  const isMap = typeof found === 'object' && found !== null && !Array.isArray(found);
  const words = isMap ? Object.keys(found) : [found].flat();
  const meant = words.flatMap((word) => {
    if (typeof word !== 'string' || names.includes(word)) return [];
    return nearestName(word, names) ?? [];
  });
  return meant.length === 0 ? undefined : `did you mean ${[...new Set(meant)].join(', ')}?`;
}
