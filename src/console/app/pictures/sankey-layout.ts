import { type SankeyLink as D3Link, sankey, sankeyLinkHorizontal } from 'd3-sankey';
import type { SankeyColumns, SankeyLink, SankeyNode } from './sankey-columns.ts';

export interface PlacedNode {
  readonly node: SankeyNode;
  readonly x: number;
  readonly y: number;
  readonly height: number;
  /** What its height would be for its count of the compared time. */
  readonly previousHeight: number | undefined;
}

export interface PlacedLink {
  readonly link: SankeyLink;
  /** Its middle. */
  readonly path: string;
  /** Its area. A stroke as wide as a thick link would leave the picture at its bends. */
  readonly area: string;
}

export interface SankeyLayout {
  readonly width: number;
  readonly height: number;
  /** Beside the first and the last column. */
  readonly labelWidth: number;
  readonly columnXs: readonly number[];
  readonly nodes: readonly PlacedNode[];
  readonly links: readonly PlacedLink[];
}

export const NODE_WIDTH = 14;
/** With the pixel of the smallest node, a line of text: labels of neighbours never touch. */
const NODE_PADDING = 15;
/** Labels of the first and the last column stand beside the picture. Those between stand on the links. */
const LABEL_SHARE = 0.16;
const LEAST_LABEL = 120;
/** Below it, labels of neighbouring columns would touch. The card scrolls instead. */
const LEAST_GAP = 90;
const LEAST_HEIGHT = 300;
/** Room for the titles of the columns, and for half a label at the end. */
const [TOP_MARGIN, BOTTOM_MARGIN] = [30, 10];

/** Pixels, so that a pattern is seen. */
const LEAST_HATCHED = 3;

interface Placing {
  readonly id: number;
}

type PlacedByD3 = D3Link<Placing, object>;

export function layOutSankey({ count, nodes, links }: SankeyColumns, availableWidth: number): SankeyLayout {
  const label = Math.max(LEAST_LABEL, availableWidth * LABEL_SHARE);
  const width = Math.max(availableWidth, 2 * label + LEAST_GAP * (count - 1));
  const [left, right] = [label, width - label];
  const ordered = orderNodes(nodes, links, count);
  const tallest = Math.max(
    0,
    ...Array.from({ length: count }, (_, column) => nodes.filter((node) => node.column === column).length),
  );
  const height = Math.max(LEAST_HEIGHT, tallest * NODE_PADDING + 200);
  const ids = new Map(ordered.map((node, id) => [node, id]));
  const place = sankey<Placing, object>()
    .nodeWidth(NODE_WIDTH)
    .nodePadding(NODE_PADDING)
    .nodeAlign(({ id }) => ordered[id]!.column)
    .nodeSort(null)
    .extent([
      [left, TOP_MARGIN],
      [right, height - BOTTOM_MARGIN],
    ]);
  const placed = place({
    nodes: ordered.map((_, id) => ({ id })),
    links: links.map(({ source, target, count }) => ({
      source: ids.get(source)!,
      target: ids.get(target)!,
      value: Number(count),
    })),
  });
  const pathOf = sankeyLinkHorizontal<Placing, object>();
  const placedNodes = placed.nodes.map(({ id, x0, y0, y1 }): PlacedNode => {
    const node = ordered[id]!;
    const nodeHeight = y1! - y0!;
    const scale = nodeHeight / Number(node.count);
    return {
      node,
      x: x0!,
      y: y0!,
      height: Math.max(1, nodeHeight),
      previousHeight: node.previous === undefined ? undefined : Number(node.previous) * scale,
    };
  });
  return {
    width,
    height,
    labelWidth: label,
    columnXs: Array.from(
      { length: count },
      (_, column) => left + (column * (right - left - NODE_WIDTH)) / (count - 1),
    ),
    nodes: placedNodes,
    links: placed.links.map((link, place) => ({
      link: links[place]!,
      path: pathOf(link)!,
      area: areaOf(link, Math.max(links[place]!.denial === 'all' ? LEAST_HATCHED : 1, link.width!)),
    })),
  };
}

/** As thick at each place as at both ends, in vertical pixels. */
function areaOf({ source, target, y0 = 0, y1 = 0 }: PlacedByD3, thickness: number): string {
  const [from, to] = [(source as { x1: number }).x1, (target as { x0: number }).x0];
  const middle = (from + to) / 2;
  const half = thickness / 2;
  const upper = `M${from},${y0 - half}C${middle},${y0 - half} ${middle},${y1 - half} ${to},${y1 - half}`;
  return `${upper}V${y1 + half}C${middle},${y1 + half} ${middle},${y0 + half} ${from},${y0 + half}Z`;
}

/**
 * The first column by count, each next one by the mean place of what it is linked with. This avoids most
 * crossings, and the same answer has the same order. The rest is always last.
 */
function orderNodes(
  nodes: readonly SankeyNode[],
  links: readonly SankeyLink[],
  columns: number,
): SankeyNode[] {
  const places = new Map<SankeyNode, number>();
  const ordered: SankeyNode[] = [];
  const incoming = Map.groupBy(links, ({ target }) => target);
  for (let column = 0; column < columns; column++) {
    const members = nodes.filter((node) => node.column === column);
    const means = new Map(members.map((node) => [node, meanPlace(incoming.get(node) ?? [], places)]));
    members.sort(
      (a, b) =>
        Number(a.isRest) - Number(b.isRest) ||
        means.get(a)! - means.get(b)! ||
        (a.count === b.count ? (a.title < b.title ? -1 : 1) : a.count > b.count ? -1 : 1),
    );
    let filled = 0;
    for (const node of members) {
      places.set(node, filled + Number(node.count) / 2);
      filled += Number(node.count);
    }
    ordered.push(...members);
  }
  return ordered;
}

function meanPlace(links: readonly SankeyLink[], places: ReadonlyMap<SankeyNode, number>): number {
  let [weighted, weight] = [0, 0];
  for (const { source, count } of links) {
    weighted += places.get(source)! * Number(count);
    weight += Number(count);
  }
  return weight === 0 ? 0 : weighted / weight;
}
