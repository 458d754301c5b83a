import { cutMiddle, shownName } from '../names/index.ts';
import { boxLayers, type LayerMemory } from './box-layers.ts';
import type { MapBox, MapEdge, MapGraph } from './map-graph.ts';

/** In pixels. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedBox extends Rectangle {
  readonly box: MapBox;
  readonly label: string;
}

export interface PlacedEdge {
  readonly edge: MapEdge;
  readonly path: string;
  readonly width: number;
  /** The triangle at its end. */
  readonly arrow: string;
}

/** The frame around what is inside of the open box. */
export interface OpenFrame extends Rectangle {
  readonly label: string;
}

export interface MapLayout {
  readonly boxes: readonly PlacedBox[];
  readonly edges: readonly PlacedEdge[];
  readonly frame: OpenFrame | undefined;
  readonly width: number;
  readonly height: number;
}

const BOX = { width: 196, height: 40 };
const GAP = { layers: 120, boxes: 12 };
/** Edges within a layer need the room on its right side. */
const MARGIN = { top: 14, left: 12, right: 66 };
const FRAME = { side: 10, head: 24 };
const LABEL_WIDTH = BOX.width - 20;
/** Many edges are thin, so that they hide each other less. */
const EDGE = { least: 1.2, most: 9, mostOfMany: 4, many: 200 };

/** Where boxes and edges are. Boxes of one layer stand below each other, so no label meets another one. */
export function layOutMap(
  graph: MapGraph,
  drawn: readonly MapEdge[],
  { memory, openTitle }: { readonly memory: LayerMemory; readonly openTitle: string | undefined },
): MapLayout {
  const layers = boxLayers(graph.boxes, drawn, memory);
  const boxes: PlacedBox[] = [];
  let frame: OpenFrame | undefined;
  layers.forEach((layer, column) => {
    const x = MARGIN.left + column * (BOX.width + GAP.layers);
    let y = MARGIN.top;
    const closed = layer.filter(({ inner }) => inner === undefined);
    const inside = layer.filter(({ inner }) => inner !== undefined);
    const placeAll = (some: readonly MapBox[]) => {
      for (const box of some) {
        boxes.push({ box, label: labelOf(box.title), x, y, ...BOX });
        y += BOX.height + GAP.boxes;
      }
    };
    if (inside.length > 0) {
      const top = y;
      y += FRAME.head;
      placeAll(inside);
      frame = {
        x: x - FRAME.side,
        y: top,
        width: BOX.width + 2 * FRAME.side,
        height: y - top,
        label: labelOf(openTitle ?? ''),
      };
      y += 2 * GAP.boxes;
    }
    placeAll(closed);
  });
  const places = new Map(boxes.map((placed) => [placed.box.id, placed]));
  const widthOf = edgeWidths(drawn);
  return {
    boxes,
    frame,
    edges: drawn.map((edge) => placedEdge(edge, places.get(edge.from)!, places.get(edge.to)!, widthOf(edge))),
    width:
      MARGIN.left + MARGIN.right + layers.length * BOX.width + Math.max(0, layers.length - 1) * GAP.layers,
    height: Math.max(...boxes.map(({ y }) => y + BOX.height), 0) + MARGIN.top,
  };
}

/** The longest text that a box has room for. */
function labelOf(title: string): string {
  const name = shownName(title);
  let label = name;
  for (let length = [...name].length; labelWidth(label) > LABEL_WIDTH && length > 1; length--)
    label = cutMiddle(name, Math.min(length - 1, LABEL_WIDTH / 4));
  return label;
}

/** Pixels that a text takes at most in the bold face of labels, 12.5 pixels high. */
export function labelWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/[ijlft.,:;'|!()[\]{}\\/ -]/.test(character)) width += 5.5;
    else if (/[a-z0-9…]/.test(character)) width += /[mw…]/.test(character) ? 13 : 8.6;
    else width += /[A-Z_]/.test(character) ? 10.5 : 13.5;
  }
  return width;
}

/** By the logarithm of the octets, since traffic differs by powers of ten. */
function edgeWidths(edges: readonly MapEdge[]): (edge: MapEdge) => number {
  const logs = edges.map(({ octets }) => Math.log10(Number(octets) + 1));
  const [least, most] = [Math.min(...logs), Math.max(...logs)];
  const widest = edges.length > EDGE.many ? EDGE.mostOfMany : EDGE.most;
  return ({ octets }) =>
    most === least
      ? 2
      : EDGE.least + ((Math.log10(Number(octets) + 1) - least) / (most - least)) * (widest - EDGE.least);
}

/** From the right side of a box to the left side of another one; back and within a layer in an arc. */
function placedEdge(edge: MapEdge, from: PlacedBox, to: PlacedBox, width: number): PlacedEdge {
  const start = { x: from.x + from.width, y: from.y + from.height / 2 };
  if (from.box.id === to.box.id) {
    const top = from.y + 8;
    const bottom = from.y + from.height - 8;
    const path = `M${start.x},${top}c34,-6 34,${bottom - top + 6} 4,${bottom - top}`;
    return { edge, path, width, arrow: arrowAt(start.x, bottom, -1, width) };
  }
  if (to.x > from.x) {
    const end = { x: to.x, y: to.y + to.height / 2 };
    const bend = Math.max(40, (end.x - start.x) / 2);
    const path = `M${start.x},${start.y}C${start.x + bend},${start.y} ${end.x - bend},${end.y} ${end.x - 5},${end.y}`;
    return { edge, path, width, arrow: arrowAt(end.x, end.y, 1, width) };
  }
  if (to.x === from.x) {
    const end = { x: to.x + to.width, y: to.y + to.height / 2 + 6 };
    const bend = Math.min(MARGIN.right + 18, 24 + Math.abs(end.y - start.y) / 6);
    const path = `M${start.x},${start.y - 6}C${start.x + bend},${start.y} ${end.x + bend},${end.y} ${end.x + 5},${end.y}`;
    return { edge, path, width, arrow: arrowAt(end.x, end.y, -1, width) };
  }
  // Back to an earlier layer: from left side to right side, a little lower than the way there.
  const back = { x: from.x, y: from.y + from.height / 2 + 8 };
  const end = { x: to.x + to.width, y: to.y + to.height / 2 + 8 };
  const bend = Math.max(40, (back.x - end.x) / 2);
  const path = `M${back.x},${back.y}C${back.x - bend},${back.y} ${end.x + bend},${end.y} ${end.x + 5},${end.y}`;
  return { edge, path, width, arrow: arrowAt(end.x, end.y, -1, width) };
}

function arrowAt(x: number, y: number, direction: 1 | -1, width: number): string {
  const half = 3 + width / 2;
  return `M${x},${y}l${-direction * 8},${-half}v${2 * half}z`;
}
