/** Nobody misspells a name of so many characters, and comparing takes time by its length. */
const MOST_CHARACTERS = 100;

/**
 * The name that the author probably meant; undefined when none is near. A near name has another case, other
 * separators or a few wrong letters, or one of the two is the beginning of the other.
 */
export function nearestName(found: string, names: readonly string[]): string | undefined {
  if (found.length > MOST_CHARACTERS) return undefined;
  const word = plainName(found);
  let nearest: { name: string; distance: number } | undefined;
  for (const name of names) {
    const known = plainName(name);
    const distance = editDistance(word, known);
    const isNear = distance <= Math.max(word.length, known.length, 3) / 3 || isBeginning(word, known);
    if (isNear && distance < (nearest?.distance ?? Number.POSITIVE_INFINITY)) nearest = { name, distance };
  }
  return nearest?.name;
}

/** "; did you mean maxFlows?", or nothing when no name is near. */
export function suggestionText(found: string, names: readonly string[]): string {
  const name = nearestName(found, names);
  return name === undefined ? '' : `; did you mean ${name}?`;
}

const plainName = (name: string): string => name.toLowerCase().replaceAll(/[-_ ]/g, '');

const isBeginning = (one: string, other: string): boolean =>
  Math.min(one.length, other.length) >= 3 && (one.startsWith(other) || other.startsWith(one));

/** Letters to add, remove, replace or swap with the next: the optimal string alignment distance. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = last[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, replaced);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwap) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[to.length]!;
}
