import { describe, expect, it } from 'vitest';
import { type EdgeRow, edgeRows } from '../../../../src/console/app/map/edge-rows.ts';
import { chosenEdges, isLossy, mapGraph } from '../../../../src/console/app/map/map-graph.ts';
import { mapLevels } from '../../../../src/console/app/map/map-level.ts';
import { printValue, readMapView } from '../../../../src/console/app/map/map-view.ts';
import type { QueryAnswer } from '../../../../src/query/contract/index.ts';

const row = (key: (string | null)[], octets: number, more: Partial<EdgeRow> = {}): EdgeRow => ({
  key,
  octets: BigInt(octets),
  flows: 10n,
  deniedFlows: 0n,
  unansweredFlows: 0n,
  ...more,
});
const level = mapLevels.namespaces;
const outer = [row(['shop', 'data'], 100), row(['shop', 'shop'], 7), row(['data', null], 5)];

describe('the map of an answer', () => {
  it('has a box for each group and an edge for each pair, also for records without a group', () => {
    const { boxes, edges } = mapGraph({ level, outer, open: undefined });
    expect(boxes.map(({ title, octets, canOpen }) => [title, octets, canOpen])).toEqual([
      ['data', 105n, true],
      ['shop', 107n, true],
      ['outside all namespaces', 5n, true],
    ]);
    expect(edges.map(({ octets }) => octets)).toEqual([100n, 7n, 5n]);
    expect(edges[2]!.tests).toEqual([
      { dimension: 'sourceNamespace', value: 'data' },
      { dimension: 'destinationNamespace', value: null },
    ]);
  });

  it('with an open group has its members in place of its box, and every octet once', () => {
    const rows = [
      row(['shop', 'shop/cart', 'data', 'data/redis'], 60),
      row(['shop', 'shop/cart', 'data', 'data/postgres'], 30),
      row(['shop', 'shop/web', 'data', 'data/postgres'], 10),
      row(['shop', 'shop/web', 'shop', 'shop/cart'], 7),
    ];
    const { boxes, edges } = mapGraph({ level, outer, open: { group: 'shop', rows } });
    expect(boxes.map(({ title }) => title)).toEqual(['data', 'cart', 'web', 'outside all namespaces']);
    expect(edges.map(({ from, to, octets }) => [JSON.parse(from), JSON.parse(to), octets])).toEqual([
      [['shop', 'shop/cart'], ['data'], 90n],
      [['shop', 'shop/web'], ['data'], 10n],
      [['shop', 'shop/web'], ['shop', 'shop/cart'], 7n],
      [['data'], [null], 5n],
    ]);
  });

  it('of more groups than are legible has boxes for the busiest, and one for all others', () => {
    const many = Array.from({ length: 50 }, (_, n) => row([`n${n}`, 'hub'], 1_000 - n));
    const { boxes, edges } = mapGraph({ level, outer: many, open: undefined });
    expect(boxes).toHaveLength(30);
    expect(boxes.at(-1)).toMatchObject({ title: '22 more', isRest: true, canOpen: false });
    const sum = edges.reduce((octets, edge) => octets + edge.octets, 0n);
    expect(sum).toBe(many.reduce((octets, one) => octets + one.octets, 0n));
  });

  it('tells a group named null from none, and an empty name', () => {
    const { boxes } = mapGraph({
      level,
      outer: [row(['null', null], 1), row(['', 'rest'], 1)],
      open: undefined,
    });
    expect(boxes.map(({ title }) => title).sort()).toEqual([
      'empty',
      'null',
      'outside all namespaces',
      'rest',
    ]);
  });
});

describe('the edges that are drawn', () => {
  it('are the busiest, and denied and lossy ones however few their octets', () => {
    const rows = [
      ...Array.from({ length: 20 }, (_, n) => row([`a${n}`, 'b'], 1_000 - n)),
      row(['denied', 'b'], 2, { deniedFlows: 1n }),
      row(['lossy', 'b'], 1, { unansweredFlows: 1n }),
      row(['probed', 'b'], 1, { flows: 100n, unansweredFlows: 1n }),
    ];
    const { edges } = mapGraph({ level, outer: rows, open: undefined });
    const chosen = chosenEdges(edges, 5);
    expect(chosen.edges.map(({ from }) => JSON.parse(from)[0])).toEqual([
      'a0',
      'a1',
      'a2',
      'a3',
      'a4',
      'denied',
      'lossy',
    ]);
    expect(chosen.octets).toBe(4_990n + 3n);
    expect(isLossy(edges.find(({ from }) => from === '["probed"]')!)).toBe(false);
  });

  it('come from three answers, each group once with the same counts', () => {
    const answer = (measures: QueryAnswer['measures'], totals: number[], isRest = false) =>
      ({ measures, groups: [{ key: isRest ? [] : ['a', 'b'], isRest, totals }] }) as unknown as QueryAnswer;
    const rows = edgeRows([
      answer(['octets', 'flows', 'deniedFlows', 'unansweredFlows'], [50, 4, 3, 2]),
      answer(['deniedFlows', 'octets', 'flows', 'unansweredFlows'], [3, 50, 4, 2]),
      answer(['unansweredFlows', 'octets', 'flows', 'deniedFlows'], [9, 9, 9, 9], true),
    ]);
    expect(rows).toEqual([row(['a', 'b'], 50, { flows: 4n, deniedFlows: 3n, unansweredFlows: 2n })]);
  });
});

describe('the address of a map', () => {
  it('has the open group also if it has no name', () => {
    const view = (open: string) => readMapView(new Map([['open', open]])).open;
    expect(view(printValue(null))).toEqual({ group: null });
    expect(view(printValue('null'))).toEqual({ group: 'null' });
    expect(view('nonsense')).toBeUndefined();
  });
});
