import type { DimensionName } from '../../../flow/index.ts';
import { type DrawnGroup, jointCounts, linkTitle, type Mark, REST_TITLE } from '../groups/index.ts';
import { valueText } from '../names/index.ts';

/** A value in a column. The same value in two columns is two nodes, so no path leads back to its start. */
export interface SankeyNode extends Mark {
  readonly column: number;
  /** Undefined for the node of all flows, which stands before a single column. */
  readonly dimension: DimensionName | undefined;
  readonly value: string | null;
}

/** What flows between two nodes of neighbouring columns. */
export interface SankeyLink extends Mark {
  readonly source: SankeyNode;
  readonly target: SankeyNode;
}

export interface SankeyColumns {
  readonly count: number;
  readonly nodes: readonly SankeyNode[];
  readonly links: readonly SankeyLink[];
}

/** Groups without a count have no width: the table has them, the picture does not. */
export function sankeyColumns(groups: readonly DrawnGroup[], by: readonly DimensionName[]): SankeyColumns {
  const names: readonly (DimensionName | undefined)[] = by.length > 1 ? by : [undefined, ...by];
  const drawn = groups.flatMap((group, number) => (group.count > 0n ? [number] : []));
  const placeOf = (column: number): number => column - (names.length - by.length);
  const nodeOf = (column: number): ((number: number) => SankeyNode) => {
    const dimension = names[column];
    const idOf = (number: number): string => {
      const { key, isRest } = groups[number]!;
      if (dimension === undefined) return 'all';
      return isRest ? 'rest' : JSON.stringify(key[placeOf(column)] ?? null);
    };
    const members = Map.groupBy(drawn, idOf);
    const made = new Map(
      [...members].map(([id, numbers]) => {
        const { key, isRest } = groups[numbers[0]!]!;
        const value = key[placeOf(column)] ?? null;
        const isNamed = dimension !== undefined && !isRest;
        const node: SankeyNode = {
          ...jointCounts(groups, numbers),
          isRest: dimension !== undefined && isRest,
          column,
          dimension,
          value,
          title: dimension === undefined ? 'All flows' : isRest ? REST_TITLE : valueText(value),
          tests: isNamed ? [{ dimension, value }] : [],
          isEither: false,
        };
        return [id, node] as const;
      }),
    );
    return (number) => made.get(idOf(number))!;
  };
  const columns = names.map((_, column) => nodeOf(column));
  const links = columns.slice(1).flatMap((target, column) => {
    const source = columns[column]!;
    const members = new Map<SankeyNode, Map<SankeyNode, number[]>>();
    for (const number of drawn) {
      const ofSource = members.get(source(number)) ?? new Map<SankeyNode, number[]>();
      ofSource.set(target(number), [...(ofSource.get(target(number)) ?? []), number]);
      members.set(source(number), ofSource);
    }
    return [...members].flatMap(([from, targets]) =>
      [...targets].map(
        ([to, numbers]): SankeyLink => ({
          ...jointCounts(groups, numbers),
          isRest: from.isRest && to.isRest,
          source: from,
          target: to,
          title: linkTitle(from.title, to.title),
          tests: [...from.tests, ...to.tests],
          isEither: false,
        }),
      ),
    );
  });
  const nodes = columns.flatMap((column) => [...new Set(drawn.map(column))]);
  return { count: names.length, nodes, links };
}
