import { type ReadonlySignal, signal } from '@preact/signals';
import { type AddressParameters, changedParameters, printSearch, readSearch } from './address-text.ts';

const current = signal<AddressParameters>(readSearch(location.search));
addEventListener('popstate', () => {
  current.value = readSearch(location.search);
});

/** All state of the console that a link should carry. Pages read their own parameters of it. */
export const address: ReadonlySignal<AddressParameters> = current;

type Changes = Readonly<Record<string, string | undefined>>;

/** Changes parameters; undefined deletes one. The step back in the browser's history undoes it. */
export function changeAddress(changes: Changes): void {
  const next = changedParameters(current.peek(), changes);
  const search = printSearch(next);
  if (search === printSearch(current.peek())) return;
  history.pushState(null, '', search);
  current.value = next;
}

/** The link to the same view with other parameters. */
export const linkTo = (changes: Changes): string => printSearch(changedParameters(current.value, changes));

/** Links to other views change the address without loading the page again. */
export function keepLinksInside(): void {
  addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey)
      return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const search = link?.getAttribute('href');
    if (!search?.startsWith('?') || link?.target) return;
    event.preventDefault();
    if (search === location.search) return;
    history.pushState(null, '', search);
    current.value = readSearch(search);
    scrollTo(0, 0);
  });
}
