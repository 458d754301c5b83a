import { useEffect, useState } from 'preact/hooks';
import { address, linkTo, printSearch, readSearch } from '../address/index.ts';
import { isAsking } from '../answer/index.ts';
import { FilterBar, RefreshControl, TimeBar } from '../bars/index.ts';
import { KeysDialog, runMove, useMoves } from '../keyboard/index.ts';
import type { Page } from '../page.ts';
import { pages } from '../pages/index.ts';
import { ViewsMenu } from '../views/index.ts';
import { keepTheme, nextTheme, theme } from './theme.ts';

/** The frame of all pages: menu, bars, and the list of keys. */
export function Shell() {
  const [isListing, setListing] = useState(false);
  const page = shownPage();
  useEffect(() => {
    const stopKeeping = keepTheme();
    addEventListener('keydown', runMove);
    return () => {
      stopKeeping();
      removeEventListener('keydown', runMove);
    };
  }, []);
  useMoves([
    { key: '?', does: 'list these keys', run: () => setListing(true) },
    { key: 'Escape', does: 'go one step back', run: () => history.back() },
    { key: 't', does: 'change between the light and the dark theme', run: nextTheme },
    ...pages.map(({ title, name }, index) => ({
      key: String(index + 1),
      does: `open the page ${title}`,
      run: () => document.querySelector<HTMLAnchorElement>(`nav a[data-page="${name}"]`)?.click(),
    })),
  ]);
  return (
    <>
      <header class="shell-head">
        <a class="brand" href={pageLink(pages[0]!)}>
          Weir
        </a>
        <nav aria-label="pages">
          {pages.map((one) => (
            <a
              key={one.name}
              data-page={one.name}
              href={pageLink(one)}
              aria-current={one === page ? 'page' : undefined}
            >
              {one.title}
            </a>
          ))}
        </nav>
        {page.hasTime && <TimeBar />}
        <div class="shell-tools">
          <ViewsMenu />
          {page.hasTime && <RefreshControl />}
          <button type="button" class="button" title="light or dark ( t )" onClick={nextTheme}>
            {theme.value === 'system' ? 'auto' : theme.value}
          </button>
          <button
            type="button"
            class="button"
            title="keys ( ? )"
            aria-label="keys"
            onClick={() => setListing(true)}
          >
            ?
          </button>
        </div>
        {page.hasFilter && <FilterBar />}
        <div class={isAsking.value ? 'progress progress-on' : 'progress'} aria-hidden="true" />
      </header>
      <main id="page" key={page.name}>
        <page.View />
      </main>
      {isListing && <KeysDialog onClose={() => setListing(false)} />}
    </>
  );
}

const shownPage = (): Page => pages.find(({ name }) => name === address.value.get('page')) ?? pages[0]!;

/** A page opens with the time and the filter of this one. */
function pageLink({ name }: Page): string {
  const kept = [...readSearch(linkTo({}))].filter(([key]) =>
    ['from', 'to', 'where', 'refresh'].includes(key),
  );
  return printSearch(new Map([['page', name], ...kept]));
}
