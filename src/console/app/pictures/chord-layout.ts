import { chordDirected, ribbon } from 'd3-chord';
import { arc } from 'd3-shape';
import type { DimensionName } from '../../../flow/index.ts';
import { sumExact } from '../counts/index.ts';
import {
  type DrawnGroup,
  familyOf,
  jointCounts,
  linkTitle,
  type Mark,
  REST_TITLE,
  type ValueTest,
} from '../groups/index.ts';
import { valueText } from '../names/index.ts';

/** More arcs cannot be told apart. The others are drawn as one. */
export const MOST_ARCS = 15;

export interface ChordArc extends Mark {
  readonly path: string;
  readonly dimension: DimensionName;
  readonly value: string | null;
  /** Middle of the arc: radians from the top, clockwise. */
  readonly angle: number;
  readonly ticks: readonly number[];
}

export interface ChordRibbon extends Mark {
  readonly path: string;
  /** The arc that sends it. */
  readonly source: number;
}

export interface ChordLayout {
  readonly radius: number;
  readonly arcs: readonly ChordArc[];
  readonly ribbons: readonly ChordRibbon[];
  /** Values that the last arc stands for, although the answer names them. */
  readonly mergedValues: number;
}

interface Corner {
  dimension: DimensionName;
  value: string | null;
  isRest: boolean;
  count: bigint;
  groups: number[];
}

const ARC_WIDTH = 12;
const GAP_RADIANS = 0.03;

/** The first and the last dimension as arcs of one circle, and what flows between them as ribbons. */
export function layOutChord(
  groups: readonly DrawnGroup[],
  by: readonly DimensionName[],
  radius: number,
): ChordLayout {
  const [first, last] = [by[0]!, by.at(-1)!];
  const drawn = groups.flatMap((group, number) => (group.count > 0n ? [{ group, number }] : []));
  const idOf = (group: DrawnGroup, dimension: DimensionName, place: number): string =>
    group.isRest ? 'rest' : JSON.stringify([familyOf(dimension), group.key[place] ?? null]);
  const sourceId = (group: DrawnGroup) => idOf(group, first, 0);
  const targetId = (group: DrawnGroup) => idOf(group, last, by.length - 1);

  const corners = new Map<string, Corner>();
  const noteEnd = (
    id: string,
    dimension: DimensionName,
    place: number,
    group: DrawnGroup,
    number: number,
  ) => {
    const corner = corners.get(id) ?? {
      dimension,
      value: group.key[place] ?? null,
      isRest: group.isRest,
      count: 0n,
      groups: [],
    };
    corner.count += group.count;
    if (corner.groups.at(-1) !== number) corner.groups.push(number);
    corners.set(id, corner);
  };
  for (const { group, number } of drawn) {
    noteEnd(sourceId(group), first, 0, group, number);
    noteEnd(targetId(group), last, by.length - 1, group, number);
  }
  const ordered = [...corners]
    .filter(([, { isRest }]) => !isRest)
    .sort(([a, left], [b, right]) =>
      left.count === right.count ? (a < b ? -1 : 1) : left.count > right.count ? -1 : 1,
    );
  const named = ordered.slice(0, MOST_ARCS);
  const merged = ordered.slice(MOST_ARCS);
  const places = new Map(named.map(([id], place) => [id, place]));
  const restPlace = named.length;
  const placeOf = (id: string): number => places.get(id) ?? restPlace;
  const hasRest = corners.has('rest') || merged.length > 0;

  const size = named.length + (hasRest ? 1 : 0);
  const cells = Map.groupBy(drawn, ({ group }) => placeOf(sourceId(group)) * size + placeOf(targetId(group)));
  const matrix = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const [cell, members] of cells)
    matrix[Math.floor(cell / size)]![cell % size] = Number(sumExact(members.map(({ group }) => group.count)));

  const chords = chordDirected().padAngle(GAP_RADIANS)(matrix);
  const arcPath = arc<{ startAngle: number; endAngle: number }>()
    .innerRadius(radius - ARC_WIDTH)
    .outerRadius(radius);
  const ribbonPath = ribbon().radius(radius - ARC_WIDTH - 1);

  const countsOf = (members: readonly { number: number }[]) =>
    jointCounts(
      groups,
      members.map(({ number }) => number),
    );
  const titleOf = (place: number): string =>
    place === restPlace ? REST_TITLE : valueText(named[place]![1].value);

  const arcs = chords.groups.map(({ index, startAngle, endAngle }): ChordArc => {
    const corner = named[index]?.[1];
    const members = drawn.filter(
      ({ group }) => placeOf(sourceId(group)) === index || placeOf(targetId(group)) === index,
    );
    const tests: ValueTest[] =
      corner === undefined
        ? []
        : [first, last]
            .filter((dimension) => familyOf(dimension) === familyOf(corner.dimension))
            .map((dimension) => ({ dimension, value: corner.value }));
    return {
      ...countsOf(members),
      title: titleOf(index),
      dimension: corner?.dimension ?? first,
      value: corner?.value ?? null,
      path: arcPath({ startAngle, endAngle })!,
      angle: (startAngle + endAngle) / 2,
      ticks: ticksOf(startAngle, endAngle),
      tests,
      isEither: tests.length > 1,
      isRest: corner === undefined,
    };
  });
  const ribbons = chords.map((chord): ChordRibbon => {
    const [from, to] = [chord.source.index, chord.target.index];
    const ends = [
      { place: from, dimension: first },
      { place: to, dimension: last },
    ];
    return {
      ...countsOf(cells.get(from * size + to)!),
      title: linkTitle(titleOf(from), titleOf(to)),
      path: ribbonPath({
        ...chord,
        source: { ...chord.source, radius },
        target: { ...chord.target, radius },
      } as never) as unknown as string,
      source: from,
      tests: ends.flatMap(({ place, dimension }) =>
        place === restPlace ? [] : [{ dimension, value: named[place]![1].value }],
      ),
      isEither: false,
      isRest: from === restPlace && to === restPlace,
    };
  });
  return { radius, arcs, ribbons, mergedValues: merged.length };
}

/** A tick for each fiftieth of the circle that an arc has: they let readers compare lengths. */
function ticksOf(startAngle: number, endAngle: number): number[] {
  const step = (2 * Math.PI) / 50;
  return Array.from(
    { length: Math.floor((endAngle - startAngle) / step) + 1 },
    (_, tick) => startAngle + tick * step,
  );
}
