import { render } from './dashboard.ts';
import { pages } from './pages.ts';

/** File name -> what is in it, for each dashboard. */
export function renderDashboards(): Record<string, string> {
  return Object.fromEntries(
    pages.map((page) => [`${page.name}.json`, `${JSON.stringify(render(page), undefined, 2)}\n`]),
  );
}
