import type { MapBox, MapEdge } from './map-graph.ts';

/** Where boxes were in the picture before: they stay there. */
export type LayerMemory = Map<string, { readonly layer: number; readonly order: number }>;

const MOST_LAYERS = 4;
const SWEEPS = 4;

/** What is inside of an open box stands in one layer, where the box itself was. */
const placeId = ({ id, group, inner }: MapBox): string =>
  inner === undefined ? id : JSON.stringify([group]);

/**
 * Boxes in layers, so that most traffic goes from left to right. A box keeps the layer and the order that it
 * had.
 */
export function boxLayers(
  boxes: readonly MapBox[],
  edges: readonly MapEdge[],
  memory: LayerMemory,
): readonly (readonly MapBox[])[] {
  const fresh = freshLayers(boxes, edges);
  const layers: MapBox[][] = Array.from({ length: MOST_LAYERS }, () => []);
  for (const box of boxes) {
    const id = placeId(box);
    layers[memory.get(id)?.layer ?? fresh.get(id)!]!.push(box);
  }
  orderLayers(layers, edges, memory);
  for (const [layer, members] of layers.entries())
    for (const [order, box] of members.entries()) {
      memory.set(box.id, { layer, order });
      memory.set(placeId(box), { layer, order: memory.get(placeId(box))?.order ?? order });
    }
  return layers.filter((layer) => layer.length > 0);
}

/**
 * The longest way to each box over the heaviest edges that make no circle. An edge that would close one goes
 * back in the picture.
 */
function freshLayers(boxes: readonly MapBox[], edges: readonly MapEdge[]): ReadonlyMap<string, number> {
  const places = new Map(boxes.map((box) => [box.id, placeId(box)]));
  const next = new Map<string, string[]>([...places.values()].map((id) => [id, []]));
  const depth = new Map<string, number>([...places.values()].map((id) => [id, 0]));
  for (const edge of edges) {
    const [from, to] = [places.get(edge.from)!, places.get(edge.to)!];
    if (from === to || isReachable(next, to, from)) continue;
    next.get(from)!.push(to);
    setDepth(next, depth, to, depth.get(from)! + 1);
  }
  const deepest = Math.max(1, ...depth.values());
  const scale = Math.min(1, (MOST_LAYERS - 1) / deepest);
  return new Map([...depth].map(([id, layer]) => [id, Math.round(layer * scale)]));
}

function isReachable(next: ReadonlyMap<string, readonly string[]>, start: string, goal: string): boolean {
  const seen = new Set([start]);
  const waiting = [start];
  while (waiting.length > 0) {
    const id = waiting.pop()!;
    if (id === goal) return true;
    for (const one of next.get(id)!) {
      if (seen.has(one)) continue;
      seen.add(one);
      waiting.push(one);
    }
  }
  return false;
}

function setDepth(
  next: ReadonlyMap<string, readonly string[]>,
  depth: Map<string, number>,
  start: string,
  least: number,
): void {
  const waiting: [string, number][] = [[start, least]];
  while (waiting.length > 0) {
    const [id, layer] = waiting.pop()!;
    if (depth.get(id)! >= layer) continue;
    depth.set(id, layer);
    for (const one of next.get(id)!) waiting.push([one, layer + 1]);
  }
}

/** Boxes stand near those that they talk with; known ones in the order that they had. */
function orderLayers(layers: MapBox[][], edges: readonly MapEdge[], memory: LayerMemory): void {
  const neighbours = new Map<string, string[]>(layers.flat().map(({ id }) => [id, []]));
  for (const { from, to } of edges) {
    neighbours.get(from)!.push(to);
    neighbours.get(to)!.push(from);
  }
  const isKnown = layers.some((layer) => layer.some(({ id }) => memory.has(id)));
  const orderOf = (box: MapBox) => memory.get(box.id)?.order ?? Number.POSITIVE_INFINITY;
  for (const layer of layers)
    layer.sort((a, b) => (orderOf(a) === orderOf(b) ? (a.id < b.id ? -1 : 1) : orderOf(a) - orderOf(b)));
  if (isKnown) return;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const places = new Map(layers.flatMap((layer) => layer.map(({ id }, place) => [id, place] as const)));
    for (const layer of layers) {
      const centres = new Map(
        layer.map(({ id }) => {
          const around = neighbours.get(id)!.map((one) => places.get(one)!);
          return [id, around.reduce((sum, place) => sum + place, places.get(id)!) / (around.length + 1)];
        }),
      );
      layer.sort((a, b) => centres.get(a.id)! - centres.get(b.id)! || (a.id < b.id ? -1 : 1));
    }
  }
}
