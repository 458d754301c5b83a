import { type DimensionName, dimensions } from '../../../flow/index.ts';
import type { DrawnGroup } from './drawn-group.ts';

/** A palette for all kinds of colour vision has no more. */
export const COLOURS = 8;

/** A class of the style sheet: "v0" to "v7", "rest", or "denied". */
export type ColourClass = `v${number}` | 'rest' | 'denied';

/** Both ends have the same values, so these have the same colours: "source" is the family of both. */
export function familyOf(name: DimensionName): string {
  const { twin } = dimensions[name];
  return twin !== undefined && twin < name ? twin : name;
}

/**
 * Colours of values. None is grey, as the rest is.
 * The values with most traffic get one, the others are grey. A value keeps its colour when
 * others come and go as long as it can: each prefers the colour that its name determines.
 */
export class ValueColours {
  readonly #classes: ReadonlyMap<string, ColourClass>;

  private constructor(classes: ReadonlyMap<string, ColourClass>) {
    this.#classes = classes;
  }

  /** One colour for each value of each dimension. */
  static ofValues(groups: readonly DrawnGroup[], by: readonly DimensionName[]): ValueColours {
    const counts = new Map<string, bigint>();
    for (const { key, isRest, count } of groups) {
      if (isRest) continue;
      const named = by.flatMap((name, place) => {
        const value = key[place] ?? null;
        return value === null || isVerdict(name, value) ? [] : [valueId(name, value)];
      });
      for (const id of new Set(named)) counts.set(id, (counts.get(id) ?? 0n) + count);
    }
    return new ValueColours(assignColours(counts));
  }

  /** One colour for each whole group. */
  static ofGroups(groups: readonly DrawnGroup[]): ValueColours {
    const named = groups.filter(({ isRest }) => !isRest);
    return new ValueColours(assignColours(new Map(named.map(({ key, count }) => [groupId(key), count]))));
  }

  ofValue(name: DimensionName, value: string | null): ColourClass {
    if (isVerdict(name, value)) return value === 'Allow' ? 'rest' : 'denied';
    return this.#classes.get(valueId(name, value)) ?? 'rest';
  }

  ofGroup({ key, isRest }: DrawnGroup): ColourClass {
    return isRest ? 'rest' : (this.#classes.get(groupId(key)) ?? 'rest');
  }
}

/** What policies decide has fixed looks in all pictures. */
const isVerdict = (name: DimensionName, value: string | null): boolean =>
  ['verdict', 'ingressAction', 'egressAction'].includes(name) && value !== null;

const valueId = (name: DimensionName, value: string | null): string =>
  JSON.stringify([familyOf(name), value]);

const groupId = (key: readonly (string | null)[]): string => JSON.stringify(key);

function assignColours(counts: ReadonlyMap<string, bigint>): Map<string, ColourClass> {
  const most = [...counts]
    .sort(([a, left], [b, right]) => (left === right ? (a < b ? -1 : 1) : left > right ? -1 : 1))
    .slice(0, COLOURS);
  const free = new Set(Array.from({ length: COLOURS }, (_, colour) => colour));
  const classes = new Map<string, ColourClass>();
  for (const [id] of most) {
    const wanted = hashOf(id) % COLOURS;
    const turn = Array.from({ length: COLOURS }, (_, step) => (wanted + step) % COLOURS);
    const colour = turn.find((one) => free.has(one))!;
    free.delete(colour);
    classes.set(id, `v${colour}`);
  }
  return classes;
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
