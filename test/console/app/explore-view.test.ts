import { describe, expect, it } from 'vitest';
import { changedParameters, printSearch, readSearch } from '../../../src/console/app/address/address-text.ts';
import {
  exploreParameters,
  openedTop,
  queryOf,
  readExploreView,
} from '../../../src/console/app/explore/explore-view.ts';

describe('the view of Explore', () => {
  it('is by default who talks with whom, and has no parameters then', () => {
    const view = readExploreView(new Map());
    expect(view).toMatchObject({
      by: ['sourceWorkload', 'destinationWorkload'],
      measure: 'octets',
      picture: 'sankey',
      top: 20,
      faults: [],
    });
    expect(printSearch(changedParameters(new Map(), exploreParameters(view)))).toBe('?');
  });

  it('is read back from its parameters', () => {
    const search = '?by=sourceNode,verdict&measure=packets&picture=heat&top=50&compare=7d';
    const view = readExploreView(readSearch(search));
    expect(view.faults).toEqual([]);
    expect(printSearch(changedParameters(new Map(), exploreParameters(view)))).toBe(search);
    expect(readExploreView(readSearch('?by=nothing')).by).toEqual([]);
    expect(exploreParameters({ by: [] })).toEqual({ by: 'nothing' });
  });

  it('keeps workloads that the reader chose, where the records would decide for addresses', () => {
    expect(readExploreView(new Map()).isByChosen).toBe(false);
    const { by } = exploreParameters({ by: ['sourceWorkload', 'destinationWorkload'] });
    expect(by).toBe('sourceWorkload,destinationWorkload');
    expect(readExploreView(readSearch(`?by=${by}`)).isByChosen).toBe(true);
  });

  it('says what it does not understand, and shows the rest', () => {
    const search = '?by=sourceNode,__proto__&measure=toString&picture=pie&top=1e9&compare=soon';
    const { by, faults } = readExploreView(readSearch(search));
    expect(by).toEqual(['sourceNode']);
    expect(faults).toEqual([
      expect.stringContaining('top: expected 1 to 1000; found "1e9"'),
      expect.stringContaining('compare: expected "previous"'),
      expect.stringContaining('by: there is no dimension "__proto__"'),
      expect.stringContaining('measure: there is no "toString"'),
      expect.stringContaining('picture: there is no "pie"'),
    ]);
  });

  it('asks for time only when its picture shows time', () => {
    const range = { from: '6h', to: 'now' };
    const sankey = queryOf(readExploreView(readSearch('?measure=packets')), range, '');
    expect(sankey).toEqual({
      from: '6h',
      to: 'now',
      by: ['sourceWorkload', 'destinationWorkload'],
      measures: ['packets', 'flows', 'deniedFlows'],
      top: 20,
    });
    const lines = queryOf(readExploreView(readSearch('?picture=lines&compare=1d')), range, 'port=53');
    expect(lines).toMatchObject({ step: 'auto', compare: '1d', where: 'port=53' });
    expect(queryOf(readExploreView(readSearch('?measure=flows')), range, '').measures).toEqual([
      'flows',
      'deniedFlows',
    ]);
  });

  it('opens the rest by at least twenty groups, up to a thousand', () => {
    expect([10, 20, 100, 900].map(openedTop)).toEqual([30, 40, 200, 1000]);
  });
});
