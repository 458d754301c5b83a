import type { Page } from '../page.ts';

function ExploreView() {
  return <h1 class="unseen">Explore</h1>;
}

export const explorePage: Page = {
  name: 'explore',
  title: 'Explore',
  hasTime: true,
  hasFilter: true,
  View: ExploreView,
};
