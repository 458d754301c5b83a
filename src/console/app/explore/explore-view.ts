import { type DimensionName, dimensionNames, type MeasureName, measureNames } from '../../../flow/index.ts';
import type { QueryText } from '../../../query/contract/index.ts';
import type { AddressParameters } from '../address/index.ts';
import { askedMeasures, workloadPair } from '../groups/index.ts';
import { spanOf, type TimeRange } from '../time/index.ts';
import { type PictureName, pictureKinds, pictureNames } from './picture-kinds.ts';

/** What Explore shows, apart from time and filter. */
export interface ExploreView {
  readonly by: readonly DimensionName[];
  /** Whether the address names the dimensions. Without, the records decide: workloads, else addresses. */
  readonly isByChosen: boolean;
  readonly measure: MeasureName;
  readonly picture: PictureName;
  readonly top: number;
  /** "previous", or how much earlier; undefined compares nothing. */
  readonly compare: string | undefined;
  /** What in the address is not understood, in words; the defaults stand in for it. */
  readonly faults: readonly string[];
}

export const MOST_DIMENSIONS = 4;
export const MOST_GROUPS = 1_000;
export const topChoices = [10, 20, 50, 100, 200] as const;

const defaults = {
  by: workloadPair,
  measure: 'octets',
  picture: 'sankey',
  top: 20,
} as const satisfies Partial<ExploreView>;

/** The view that parameters of the address mean. */
export function readExploreView(parameters: AddressParameters): ExploreView {
  const faults: string[] = [];
  const oneOf = <T extends string>(name: string, known: readonly T[], otherwise: T): T => {
    const text = parameters.get(name);
    if (text === undefined) return otherwise;
    const found = known.find((one) => one === text);
    if (found === undefined) faults.push(`${name}: there is no "${text}"; there are ${known.join(', ')}.`);
    return found ?? otherwise;
  };
  const top = Number(parameters.get('top') ?? defaults.top);
  const isTop = Number.isInteger(top) && top >= 1 && top <= MOST_GROUPS;
  if (!isTop) faults.push(`top: expected 1 to ${MOST_GROUPS}; found "${parameters.get('top')}".`);
  const compare = parameters.get('compare');
  const isCompare = compare === undefined || compare === 'previous' || spanOf(compare) !== undefined;
  if (!isCompare) faults.push(`compare: expected "previous" or a time such as 1d; found "${compare}".`);
  return {
    by: readDimensions(parameters.get('by'), faults),
    isByChosen: parameters.get('by') !== undefined,
    measure: oneOf('measure', measureNames, defaults.measure),
    picture: oneOf('picture', pictureNames, defaults.picture),
    top: isTop ? top : defaults.top,
    compare: isCompare ? compare : undefined,
    faults,
  };
}

function readDimensions(text: string | undefined, faults: string[]): DimensionName[] {
  if (text === undefined) return [...defaults.by];
  if (text === 'nothing') return [];
  const names = [...new Set(text.split(','))];
  const known = names.flatMap((name) => dimensionNames.find((one) => one === name) ?? []);
  for (const name of names)
    if (!known.some((one) => one === name)) faults.push(`by: there is no dimension "${name}".`);
  if (known.length > MOST_DIMENSIONS) faults.push(`by: at most ${MOST_DIMENSIONS} dimensions are shown.`);
  return known.slice(0, MOST_DIMENSIONS);
}

/**
 * The parameters of a changed view. What is as by default does not stand in the address. Dimensions
 * do, once they are chosen.
 */
export function exploreParameters(view: Partial<ExploreView>): Record<string, string | undefined> {
  const { by, isByChosen = true, measure, picture, top } = view;
  const parameters: Record<string, string | undefined> = {};
  if (by !== undefined && isByChosen) parameters.by = by.length === 0 ? 'nothing' : by.join(',');
  if (measure !== undefined) parameters.measure = measure === defaults.measure ? undefined : measure;
  if (picture !== undefined) parameters.picture = picture === defaults.picture ? undefined : picture;
  if (top !== undefined) parameters.top = top === defaults.top ? undefined : String(top);
  if ('compare' in view) parameters.compare = view.compare;
  return parameters;
}

/** The question of a view to the server. */
export function queryOf(view: ExploreView, { from, to }: TimeRange, where: string): QueryText {
  return {
    from,
    to,
    ...(where === '' ? {} : { where }),
    by: view.by,
    measures: askedMeasures(view.measure),
    top: view.top,
    ...(pictureKinds[view.picture].hasTime ? { step: 'auto' } : {}),
    ...(view.compare === undefined ? {} : { compare: view.compare }),
  };
}

/** More groups of those that "Other" sums up: the next 20, or as many as there are so far. */
export const openedTop = (top: number): number => Math.min(MOST_GROUPS, top + Math.max(20, top));
