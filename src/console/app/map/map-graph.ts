import { linkTitle, type Mark, type ValueTest } from '../groups/index.ts';
import { EMPTY_VALUE } from '../names/index.ts';
import type { EdgeRow } from './edge-rows.ts';
import { destinationDimension, type MapLevel, sourceDimension } from './map-level.ts';

/** A value of a dimension; null where records have none. */
export type BoxValue = string | null;

export interface MapBox {
  readonly id: string;
  readonly title: string;
  /** The group, and for a box inside of the open one its own value. */
  readonly group: BoxValue;
  readonly inner: BoxValue | undefined;
  readonly isRest: boolean;
  readonly canOpen: boolean;
  readonly octets: bigint;
}

export interface MapEdge {
  readonly from: string;
  readonly to: string;
  readonly octets: bigint;
  readonly flows: bigint;
  readonly deniedFlows: bigint;
  readonly unansweredFlows: bigint;
  /** What its flows have in common. */
  readonly tests: readonly ValueTest[];
}

export interface MapGraph {
  readonly boxes: readonly MapBox[];
  /** The busiest first. */
  readonly edges: readonly MapEdge[];
}

/** The rows of all groups, and those of one that is open. */
export interface GraphRows {
  readonly level: MapLevel;
  readonly outer: readonly EdgeRow[];
  /** Undefined if none is open. Rows have the group and the inner value of both ends. */
  readonly open: { readonly group: BoxValue; readonly rows: readonly EdgeRow[] } | undefined;
}

interface End {
  readonly group: BoxValue;
  readonly inner: BoxValue | undefined;
  /** Whether it sums up all groups that have no box of their own. */
  readonly isRest: boolean;
}

/** Groups with a box. Boxes that do not open are on maps of single workloads and hosts, which have more. */
const mostBoxes = ({ inner }: MapLevel): number => (inner === undefined ? 200 : 30);

/** Boxes and edges. What is inside of the open group takes the place of its box, so nothing counts twice. */
export function mapGraph({ level, outer, open }: GraphRows): MapGraph {
  const edges = new Map<string, MapEdge>();
  const ends = new Map<string, End>();
  const addEdge = (from: End, to: End, row: EdgeRow) => {
    const [fromId, toId] = [boxId(from), boxId(to)];
    ends.set(fromId, from).set(toId, to);
    const id = JSON.stringify([fromId, toId]);
    const known = edges.get(id);
    edges.set(id, {
      from: fromId,
      to: toId,
      octets: row.octets + (known?.octets ?? 0n),
      flows: row.flows + (known?.flows ?? 0n),
      deniedFlows: row.deniedFlows + (known?.deniedFlows ?? 0n),
      unansweredFlows: row.unansweredFlows + (known?.unansweredFlows ?? 0n),
      tests: [...endTests(level, from, true), ...endTests(level, to, false)],
    });
  };
  const named = namedGroups(level, outer, open?.group);
  const endOf = (group: BoxValue, inner?: BoxValue): End => {
    if (open !== undefined && group === open.group) return { group, inner, isRest: false };
    const isRest = !named.has(group);
    return { group: isRest ? null : group, inner: undefined, isRest };
  };
  for (const row of outer) {
    const [from = null, to = null] = row.key;
    if (open !== undefined && (from === open.group || to === open.group)) continue;
    addEdge(endOf(from), endOf(to), row);
  }
  for (const row of open?.rows ?? []) {
    const [from = null, fromInner = null, to = null, toInner = null] = row.key;
    addEdge(endOf(from, fromInner), endOf(to, toInner), row);
  }
  const octets = new Map<string, bigint>();
  for (const edge of edges.values())
    for (const id of new Set([edge.from, edge.to])) octets.set(id, (octets.get(id) ?? 0n) + edge.octets);
  const boxes = [...ends].map(([id, end]) => ({
    id,
    title: end.isRest ? restTitle(outer, named) : boxTitle(level, end),
    ...end,
    canOpen: level.inner !== undefined && end.inner === undefined && !end.isRest,
    octets: octets.get(id)!,
  }));
  return {
    boxes: boxes.sort((a, b) => (a.id < b.id ? -1 : 1)),
    edges: [...edges.values()].sort(byOctets),
  };
}

const byOctets = (a: MapEdge, b: MapEdge): number =>
  a.octets === b.octets ? (a.from + a.to < b.from + b.to ? -1 : 1) : a.octets > b.octets ? -1 : 1;

const boxId = ({ group, inner, isRest }: End): string =>
  isRest ? 'rest' : JSON.stringify(inner === undefined ? [group] : [group, inner]);

/** The groups with most octets, and the open one. */
function namedGroups(
  level: MapLevel,
  rows: readonly EdgeRow[],
  open: BoxValue | undefined,
): ReadonlySet<BoxValue> {
  const octets = new Map<BoxValue, bigint>();
  for (const { key, octets: count } of rows)
    for (const group of new Set(key)) octets.set(group, (octets.get(group) ?? 0n) + count);
  const most = [...octets]
    .sort(([a, left], [b, right]) =>
      left === right ? ((a ?? '') < (b ?? '') ? -1 : 1) : left > right ? -1 : 1,
    )
    .slice(0, octets.size <= mostBoxes(level) ? octets.size : mostBoxes(level) - 1)
    .map(([group]) => group);
  return new Set(open === undefined ? most : [...most, open]);
}

function restTitle(rows: readonly EdgeRow[], named: ReadonlySet<BoxValue>): string {
  const others = new Set(rows.flatMap(({ key }) => key.filter((group) => !named.has(group))));
  return `${others.size} more`;
}

/** In the opened box, names do not repeat its own name. */
function boxTitle({ none, inner: innerDimension }: MapLevel, { group, inner }: End): string {
  if (inner === '' || (inner === undefined && group === '')) return EMPTY_VALUE;
  if (inner === undefined) return group ?? none;
  if (inner === null) return `no ${innerDimension?.toLowerCase()}`;
  return group !== null && inner.startsWith(`${group}/`) ? inner.slice(group.length + 1) : inner;
}

/** No filter names what the rest sums up. */
function endTests(level: MapLevel, { group, inner, isRest }: End, isSource: boolean): ValueTest[] {
  if (isRest) return [];
  const nameOf = isSource ? sourceDimension : destinationDimension;
  const ofGroup = { dimension: nameOf(level.group), value: group };
  if (inner === undefined || level.inner === undefined) return [ofGroup];
  return [ofGroup, { dimension: nameOf(level.inner), value: inner }];
}

/** The edges that are drawn, and why others are not. */
export interface ChosenEdges {
  readonly edges: readonly MapEdge[];
  readonly octets: bigint;
}

/** A browser draws no more within a moment. */
const MOST_DRAWN = 1_000;

export const isDenied = ({ deniedFlows }: MapEdge): boolean => deniedFlows > 0n;
/** Some probes stay unanswered everywhere; a tenth of the flows is more than that. */
export const isLossy = ({ flows, unansweredFlows }: MapEdge): boolean =>
  unansweredFlows > 0n && unansweredFlows * 10n >= flows;

/** The busiest edges, and all that are denied or lossy. */
export function chosenEdges(all: readonly MapEdge[], busiest: number): ChosenEdges {
  const edges = all
    .filter((edge, place) => place < busiest || isDenied(edge) || isLossy(edge))
    .sort((a, b) => Number(isDenied(b)) - Number(isDenied(a)) || byOctets(a, b))
    .slice(0, Math.max(busiest, MOST_DRAWN))
    .sort(byOctets);
  return { edges, octets: edges.reduce((sum, edge) => sum + edge.octets, 0n) };
}

/** Octets from which on an edge is among the busiest tenth of those drawn. */
export function busiestTenth(edges: readonly MapEdge[]): bigint {
  return edges[Math.max(0, Math.ceil(edges.length / 10) - 1)]?.octets ?? 0n;
}

/** An edge as pictures know marks. */
export function edgeMark(edge: MapEdge, number: number, titles: ReadonlyMap<string, string>): Mark {
  return {
    title: linkTitle(titles.get(edge.from)!, titles.get(edge.to)!),
    count: edge.octets,
    previous: undefined,
    denial: edge.deniedFlows === 0n ? 'none' : edge.deniedFlows >= edge.flows ? 'all' : 'some',
    groups: [number],
    tests: edge.tests,
    isEither: false,
    isRest: false,
  };
}

/** A box with all edges that it has. */
export function boxMark(box: MapBox, level: MapLevel, edges: readonly MapEdge[]): Mark {
  const numbers = edges.flatMap(({ from, to }, number) => (from === box.id || to === box.id ? [number] : []));
  const isDeniedHere = numbers.some((number) => isDenied(edges[number]!));
  const dimension = box.inner === undefined ? level.group : level.inner!;
  const value = box.inner === undefined ? box.group : box.inner;
  return {
    title: box.title,
    count: box.octets,
    previous: undefined,
    denial: isDeniedHere ? 'some' : 'none',
    groups: numbers,
    tests: [
      { dimension: sourceDimension(dimension), value },
      { dimension: destinationDimension(dimension), value },
    ],
    isEither: true,
    isRest: false,
  };
}
