import type { DimensionName } from '../../../flow/index.ts';
import { type DrawnGroup, familyOf, jointCounts, linkTitle, type Mark, REST_TITLE } from '../groups/index.ts';
import { valueText } from '../names/index.ts';

/** A value on one of two axes. */
export interface PairEnd {
  readonly dimension: DimensionName;
  readonly value: string | null;
  readonly isRest: boolean;
  readonly title: string;
  /** Its count on both axes together, which orders it. */
  readonly weight: bigint;
}

/** What flows from a value of the first dimension to one of the last. */
export interface PairCell extends Mark {
  readonly row: number;
  readonly column: number;
}

export interface PairTable {
  readonly rows: readonly PairEnd[];
  readonly columns: readonly PairEnd[];
  readonly pairs: readonly PairCell[];
  /** Values of the two axes are the same kind of thing, such as workloads. */
  readonly isSameKind: boolean;
}

/**
 * The groups as a table of two dimensions, the first and the last. Both axes have the same order: by what
 * stands before the slash, such as a namespace, then by count; the rest is last.
 */
export function pairTable(groups: readonly DrawnGroup[], by: readonly DimensionName[]): PairTable {
  const [first, last] = [by[0]!, by.at(-1)!];
  const isSameKind = familyOf(first) === familyOf(last);
  const idOf = (group: DrawnGroup, place: number): string =>
    group.isRest ? 'rest' : JSON.stringify(group.key[place] ?? null);
  const lastPlace = by.length - 1;
  const drawn = groups.flatMap((group, number) => (group.count > 0n ? [{ group, number }] : []));
  const weights = new Map<string, bigint>();
  const addWeight = (id: string, count: bigint) => weights.set(id, (weights.get(id) ?? 0n) + count);
  for (const { group } of drawn) {
    addWeight(isSameKind ? idOf(group, 0) : `row ${idOf(group, 0)}`, group.count);
    addWeight(isSameKind ? idOf(group, lastPlace) : `column ${idOf(group, lastPlace)}`, group.count);
  }
  const axisOf = (place: number, dimension: DimensionName, side: string) => {
    const ends = new Map<string, PairEnd>();
    for (const { group } of drawn) {
      const id = idOf(group, place);
      const value = group.key[place] ?? null;
      const title = group.isRest ? REST_TITLE : valueText(value);
      const weight = weights.get(isSameKind ? id : `${side} ${id}`)!;
      ends.set(id, { dimension, value, isRest: group.isRest, title, weight });
    }
    return orderEnds(ends);
  };
  const rows = axisOf(0, first, 'row');
  const columns = axisOf(lastPlace, last, 'column');
  const placesOf = (axis: readonly (readonly [string, PairEnd])[]) =>
    new Map(axis.map(([id], place) => [id, place]));
  const [rowPlaces, columnPlaces] = [placesOf(rows), placesOf(columns)];
  const cells = Map.groupBy(
    drawn,
    ({ group }) =>
      rowPlaces.get(idOf(group, 0))! * columns.length + columnPlaces.get(idOf(group, lastPlace))!,
  );
  const pairs = [...cells].map(([cell, members]): PairCell => {
    const [row, column] = [Math.floor(cell / columns.length), cell % columns.length];
    const [from, to] = [rows[row]![1], columns[column]![1]];
    const isRest = from.isRest && to.isRest;
    return {
      row,
      column,
      title: linkTitle(from.title, to.title),
      ...jointCounts(
        groups,
        members.map(({ number }) => number),
      ),
      tests: isRest ? [] : [from, to].map(({ dimension, value }) => ({ dimension, value })),
      isEither: false,
      isRest,
    };
  });
  return { rows: rows.map(([, end]) => end), columns: columns.map(([, end]) => end), pairs, isSameKind };
}

/** The namespaces with most traffic first, and in each the values with most traffic. */
function orderEnds(ends: ReadonlyMap<string, PairEnd>): (readonly [string, PairEnd])[] {
  const spaceOf = ({ value }: PairEnd): string =>
    value?.includes('/') ? value.slice(0, value.indexOf('/')) : '';
  const spaces = new Map<string, bigint>();
  for (const end of ends.values()) spaces.set(spaceOf(end), (spaces.get(spaceOf(end)) ?? 0n) + end.weight);
  return [...ends].sort(
    ([, a], [, b]) =>
      Number(a.isRest) - Number(b.isRest) ||
      largerFirst(spaces.get(spaceOf(a))!, spaces.get(spaceOf(b))!) ||
      smallerFirst(spaceOf(a), spaceOf(b)) ||
      largerFirst(a.weight, b.weight) ||
      smallerFirst(a.title, b.title),
  );
}

const largerFirst = (a: bigint, b: bigint): number => (a === b ? 0 : a > b ? -1 : 1);
const smallerFirst = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
