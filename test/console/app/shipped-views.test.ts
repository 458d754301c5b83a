import { describe, expect, it } from 'vitest';
import { readSearch } from '../../../src/console/app/address/address-text.ts';
import { queryOf, readExploreView } from '../../../src/console/app/explore/explore-view.ts';
import { pictureKinds } from '../../../src/console/app/explore/picture-kinds.ts';
import { readFilter } from '../../../src/console/app/filter/read-filter.ts';
import { shippedViews } from '../../../src/console/app/views/shipped-views.ts';

describe('the views that come with Weir', () => {
  it('have names and questions of their own', () => {
    expect(new Set(shippedViews.map(({ name }) => name)).size).toBe(shippedViews.length);
    for (const { question } of shippedViews) expect(question).toMatch(/^[A-Z].*\?$/);
  });

  it.each(shippedViews)('are understood by Explore: $name', ({ search }) => {
    const parameters = readSearch(search);
    const view = readExploreView(parameters);
    expect(view.faults).toEqual([]);
    expect(readFilter(parameters.get('where') ?? '').fault).toBeUndefined();
    expect(view.by.length).toBeGreaterThanOrEqual(pictureKinds[view.picture].leastDimensions);
    expect(queryOf(view, { from: '1h', to: 'now' }, '').by).toEqual(view.by);
  });

  it('name no page but Explore, and no parameter that it does not read', () => {
    for (const { search } of shippedViews) {
      const { page, ...others } = Object.fromEntries(readSearch(search));
      expect(page).toBe('explore');
      expect(['by', 'measure', 'picture', 'top', 'compare', 'where']).toEqual(
        expect.arrayContaining(Object.keys(others)),
      );
    }
  });
});
