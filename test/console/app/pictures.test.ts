import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sumExact } from '../../../src/console/app/counts/exact-count.ts';
import { drawnGroups } from '../../../src/console/app/groups/drawn-group.ts';
import { layOutChord, MOST_ARCS } from '../../../src/console/app/pictures/chord-layout.ts';
import { pairTable } from '../../../src/console/app/pictures/pair-table.ts';
import { sankeyColumns } from '../../../src/console/app/pictures/sankey-columns.ts';
import { layOutSankey } from '../../../src/console/app/pictures/sankey-layout.ts';
import type { DimensionName } from '../../../src/flow/index.ts';
import { type MadeGroup, madeAnswer } from '../../support/made-answer.ts';

const threeColumns: DimensionName[] = ['sourceWorkload', 'ingressPolicy', 'destinationWorkload'];
const pairs: DimensionName[] = ['sourceWorkload', 'destinationWorkload'];

const value = fc.oneof(
  fc.constantFrom('a', 'b', 'shop/cart', 'Other', '', '__proto__', '<b>', 'rest', 'all', 'null'),
  fc.constant(null),
);
const octets = fc.oneof(fc.bigInt({ min: 0n, max: 1000n }), fc.bigInt({ min: 2n ** 53n, max: 2n ** 62n }));

/** Groups with different keys, some of them with a rest. */
const groupsOf = (columns: number): fc.Arbitrary<MadeGroup[]> =>
  fc
    .tuple(
      fc.uniqueArray(
        fc.record({ key: fc.array(value, { minLength: columns, maxLength: columns }), octets }),
        { selector: ({ key }) => JSON.stringify(key), maxLength: 30 },
      ),
      fc.option(octets, { nil: undefined }),
    )
    .map(([named, rest]) => [
      ...named,
      ...(rest === undefined ? [] : [{ key: 'rest' as const, octets: rest }]),
    ]);

const totalOf = (made: readonly MadeGroup[]): bigint => sumExact(made.map((group) => group.octets));

describe('a sankey', () => {
  it('has the exact total between any two columns, and in each column', () => {
    fc.assert(
      fc.property(groupsOf(3), (made) => {
        const { nodes, links, count } = sankeyColumns(
          drawnGroups(madeAnswer(threeColumns, made)),
          threeColumns,
        );
        for (let column = 0; column < count; column++) {
          const within = nodes.filter((node) => node.column === column);
          expect(sumExact(within.map((node) => node.count))).toBe(totalOf(made));
          const after = links.filter(({ source }) => source.column === column);
          if (column < count - 1) expect(sumExact(after.map((link) => link.count))).toBe(totalOf(made));
        }
      }),
    );
  });

  it('has no circle: a workload that talks to itself, or back, is two nodes', () => {
    const made = [
      { key: ['a', 'b'], octets: 5n },
      { key: ['b', 'a'], octets: 3n },
      { key: ['a', 'a'], octets: 2n },
    ];
    const columns = sankeyColumns(drawnGroups(madeAnswer(pairs, made)), pairs);
    expect(columns.nodes.map(({ column, title }) => `${column} ${title}`).toSorted()).toEqual([
      '0 a',
      '0 b',
      '1 a',
      '1 b',
    ]);
    expect(layOutSankey(columns, 800).links).toHaveLength(3);
  });

  it('of one dimension starts at all flows', () => {
    const made = [
      { key: ['TCP'], octets: 5n },
      { key: ['UDP'], octets: 3n },
    ];
    const { nodes, count } = sankeyColumns(drawnGroups(madeAnswer(['protocol'], made)), ['protocol']);
    expect(count).toBe(2);
    expect(nodes[0]).toMatchObject({ column: 0, title: 'All flows', count: 8n, tests: [] });
  });

  it('keeps the rest apart from a workload called Other, and last in its column', () => {
    const made: MadeGroup[] = [
      { key: ['Other', 'b'], octets: 1n },
      { key: ['a', 'Other'], octets: 2n },
      { key: 'rest', octets: 100n },
    ];
    const layout = layOutSankey(sankeyColumns(drawnGroups(madeAnswer(pairs, made)), pairs), 800);
    for (const column of [0, 1]) {
      const placed = layout.nodes.filter(({ node }) => node.column === column).toSorted((a, b) => a.y - b.y);
      expect(placed.map(({ node }) => node.isRest)).toEqual([false, false, true]);
    }
    const named = layout.nodes.find(({ node }) => node.title === 'Other' && !node.isRest)!;
    expect(named.node.tests).toEqual([{ dimension: 'sourceWorkload', value: 'Other' }]);
  });

  it('gives each node a line of text, also when there are a thousand groups', () => {
    const made = Array.from({ length: 1000 }, (_, at) => ({
      key: [`w${at % 200}`, `v${(at * 7) % 190}`],
      octets: BigInt(1 + ((at * 7919) % 100_000)),
    }));
    const layout = layOutSankey(sankeyColumns(drawnGroups(madeAnswer(pairs, made)), pairs), 1240);
    for (const column of [0, 1]) {
      const middles = layout.nodes
        .filter(({ node }) => node.column === column)
        .map(({ y, height }) => y + height / 2)
        .toSorted((a, b) => a - b);
      const distances = middles.slice(1).map((middle, at) => middle - middles[at]!);
      expect(Math.min(...distances)).toBeGreaterThan(14);
      expect(middles.at(-1)).toBeLessThan(layout.height);
    }
  });

  it('draws a thick link between near columns within both, as thick at either end', () => {
    const made: MadeGroup[] = [
      { key: ['a', 'x'], octets: 1_000n },
      { key: ['a', 'y'], octets: 1_000n },
    ];
    const { links, nodes } = layOutSankey(sankeyColumns(drawnGroups(madeAnswer(pairs, made)), pairs), 350);
    const xs = nodes.map(({ x }) => x);
    const [top, bottom] = [Math.min, Math.max].map((most) =>
      most(...nodes.flatMap(({ y, height }) => [y, y + height])),
    );
    for (const { area } of links) {
      const places = [...area.matchAll(/([-\d.]+),([-\d.]+)/g)].map(
        ([, x, y]) => [Number(x), Number(y)] as const,
      );
      expect(places).toHaveLength(7);
      for (const [x, y] of places) {
        expect(x).toBeGreaterThan(Math.min(...xs));
        expect(x).toBeLessThanOrEqual(Math.max(...xs));
        expect(y).toBeGreaterThanOrEqual(top! - 0.001);
        expect(y).toBeLessThanOrEqual(bottom! + 0.001);
      }
    }
  });

  it('marks links whose flows a policy denied, all or some', () => {
    const made = [
      { key: ['a', 'b'], octets: 5n, flows: 4n, deniedFlows: 4n },
      { key: ['a', 'c'], octets: 3n, flows: 4n, deniedFlows: 1n },
      { key: ['d', 'c'], octets: 3n },
    ];
    const { links, nodes } = sankeyColumns(drawnGroups(madeAnswer(pairs, made)), pairs);
    expect(links.map(({ denial }) => denial)).toEqual(['all', 'some', 'none']);
    expect(nodes.find(({ title }) => title === 'a')!.denial).toBe('some');
  });

  it('knows for each node and link what it was in the compared time', () => {
    const made = [
      { key: ['a', 'b'], octets: 5n, previous: 7n },
      { key: ['a', 'c'], octets: 5n, previous: 3n },
    ];
    const { links, nodes } = sankeyColumns(drawnGroups(madeAnswer(pairs, made)), pairs);
    expect(links.map(({ previous }) => previous)).toEqual([7n, 3n]);
    expect(nodes[0]!.previous).toBe(10n);
  });
});

describe('a matrix', () => {
  it('has the exact total in its cells', () => {
    fc.assert(
      fc.property(groupsOf(3), (made) => {
        const table = pairTable(drawnGroups(madeAnswer(threeColumns, made)), threeColumns);
        expect(sumExact(table.pairs.map(({ count }) => count))).toBe(totalOf(made));
      }),
    );
  });

  it('orders both axes alike: by namespace, then by count, the rest last', () => {
    const made: MadeGroup[] = [
      { key: ['shop/a', 'data/x'], octets: 10n },
      { key: ['shop/b', 'shop/a'], octets: 50n },
      { key: ['data/x', 'shop/b'], octets: 1n },
      { key: 'rest', octets: 500n },
    ];
    const { rows, columns } = pairTable(drawnGroups(madeAnswer(pairs, made)), pairs);
    expect(rows.map(({ title }) => title)).toEqual(['shop/a', 'shop/b', 'data/x', 'Other']);
    expect(columns.map(({ title }) => title)).toEqual(['shop/a', 'shop/b', 'data/x', 'Other']);
  });
});

describe('a chord diagram', () => {
  it('has the exact total in its ribbons', () => {
    fc.assert(
      fc.property(groupsOf(2), (made) => {
        const { ribbons } = layOutChord(drawnGroups(madeAnswer(pairs, made)), pairs, 200);
        expect(sumExact(ribbons.map(({ count }) => count))).toBe(totalOf(made));
      }),
    );
  });

  it('has one arc for a workload on both ends, and asks for either end', () => {
    const made = [
      { key: ['a', 'b'], octets: 5n },
      { key: ['b', 'a'], octets: 3n },
    ];
    const { arcs, ribbons } = layOutChord(drawnGroups(madeAnswer(pairs, made)), pairs, 200);
    expect(arcs.map(({ title, count, isEither }) => ({ title, count, isEither }))).toEqual([
      { title: 'a', count: 8n, isEither: true },
      { title: 'b', count: 8n, isEither: true },
    ]);
    expect(ribbons.map(({ count }) => count)).toEqual([5n, 3n]);
  });

  it('has two arcs for the same text in dimensions of different kinds', () => {
    const by: DimensionName[] = ['sourceNode', 'destinationWorkload'];
    const { arcs } = layOutChord(drawnGroups(madeAnswer(by, [{ key: ['n', 'n'], octets: 5n }])), by, 200);
    expect(arcs).toHaveLength(2);
  });

  it('draws the arcs above its limit as one, without a loss', () => {
    const made = Array.from({ length: 40 }, (_, at) => ({ key: [`w${at}`, `w${at + 1}`], octets: 10n }));
    const { arcs, ribbons, mergedValues } = layOutChord(drawnGroups(madeAnswer(pairs, made)), pairs, 200);
    expect(arcs).toHaveLength(MOST_ARCS + 1);
    expect(mergedValues).toBe(41 - MOST_ARCS);
    expect(sumExact(ribbons.map(({ count }) => count))).toBe(400n);
  });
});
