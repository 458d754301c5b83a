import { describe, expect, it } from 'vitest';
import type { LayerMemory } from '../../../../src/console/app/map/box-layers.ts';
import type { EdgeRow } from '../../../../src/console/app/map/edge-rows.ts';
import { chosenEdges, mapGraph } from '../../../../src/console/app/map/map-graph.ts';
import { labelWidth, layOutMap, type Rectangle } from '../../../../src/console/app/map/map-layout.ts';
import { type MapLevel, mapLevels } from '../../../../src/console/app/map/map-level.ts';

const row = (from: string | null, to: string | null, octets: number): EdgeRow => ({
  key: [from, to],
  octets: BigInt(octets),
  flows: 1n,
  deniedFlows: 0n,
  unansweredFlows: 0n,
});

/** Pairs of a cluster, in an order that is always the same. */
function rowsOf(workloads: number, edges: number): EdgeRow[] {
  const rows = new Map<string, EdgeRow>();
  for (let n = 0; rows.size < edges; n++) {
    const [from, to] = [(n * 7919) % workloads, (n * 104_729 + Math.floor(n / workloads)) % workloads];
    rows.set(
      `${from} ${to}`,
      row(`team-${from % 20}/workload-${from}`, `team-${to % 20}/workload-${to}`, 1 + n ** 2),
    );
  }
  return [...rows.values()];
}

const meet = (a: Rectangle, b: Rectangle): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const layOut = (
  rows: readonly EdgeRow[],
  memory: LayerMemory = new Map(),
  level: MapLevel = mapLevels.workloads,
) => {
  const graph = mapGraph({ level, outer: rows, open: undefined });
  return layOutMap(graph, chosenEdges(graph.edges, 1_000).edges, { memory, openTitle: undefined });
};

describe('the layout of a map', () => {
  it('of 200 workloads and 5,000 edges has no two boxes that meet, and each label fits into its box', () => {
    const { boxes, edges } = layOut(rowsOf(200, 5_000));
    expect(boxes).toHaveLength(200);
    expect(edges).toHaveLength(1_000);
    for (const [place, box] of boxes.entries())
      for (const other of boxes.slice(place + 1)) expect(meet(box, other)).toBe(false);
    for (const { label, width } of boxes) expect(labelWidth(label)).toBeLessThanOrEqual(width - 20);
  });

  it('cuts hostile names of any script to the width of a box', () => {
    const names = ['M'.repeat(253), '漢'.repeat(80), '\u202eevil', '<b>bold</b>', '', 'm'];
    for (const { label, width } of layOut(names.map((name) => row(name, 'x', 1))).boxes) {
      expect(labelWidth(label)).toBeLessThanOrEqual(width - 20);
      expect(label).not.toContain('\u202e');
    }
  });

  it('goes from left to right where traffic does, and back where there is a circle', () => {
    const { boxes } = layOut([row('web', 'api', 100), row('api', 'db', 90), row('db', 'web', 1)]);
    const xOf = (title: string) => boxes.find(({ box }) => box.title === title)!.x;
    expect(xOf('web')).toBeLessThan(xOf('api'));
    expect(xOf('api')).toBeLessThan(xOf('db'));
  });

  it('keeps every box in its layer and order when traffic changes and boxes come', () => {
    const memory: LayerMemory = new Map();
    const rows = rowsOf(40, 200);
    const placesOf = (layout: ReturnType<typeof layOut>) =>
      layout.boxes.map(({ box, x, y }) => ({ id: box.id, x, y }));
    const before = placesOf(layOut(rows, memory));
    const changed = rows.map((one, n) => ({ ...one, octets: BigInt((n * 7_919) % 1_000) }));
    expect(placesOf(layOut(changed, memory))).toEqual(before);
    const after = placesOf(layOut([...changed, row('new', 'newer', 5)], memory));
    expect(after.filter(({ id }) => before.some((one) => one.id === id))).toEqual(before);
  });

  it('has the members of an open group in one frame, where its box was', () => {
    const level = mapLevels.namespaces;
    const memory: LayerMemory = new Map();
    const outer = [row('web', 'shop', 9), row('shop', 'data', 8)];
    const closed = layOut(outer, memory, level);
    const rows = [
      { ...outer[0]!, key: ['web', 'web/a', 'shop', 'shop/cart'] },
      { ...outer[1]!, key: ['shop', 'shop/cart', 'data', 'data/a'] },
      { ...outer[1]!, key: ['shop', 'shop/pay', 'data', 'data/a'] },
    ];
    const graph = mapGraph({ level, outer, open: { group: 'shop', rows } });
    const { boxes, frame } = layOutMap(graph, graph.edges, { memory, openTitle: 'shop' });
    const shopX = closed.boxes.find(({ box }) => box.title === 'shop')!.x;
    const inside = boxes.filter(({ box }) => box.inner !== undefined);
    expect(inside.map(({ x }) => x)).toEqual([shopX, shopX]);
    for (const placed of boxes) expect(meet(placed, frame!)).toBe(inside.includes(placed));
    expect(frame!.label).toBe('shop');
  });
});
