import { useEffect, useRef, useState } from 'preact/hooks';
import { linkTo } from '../address/index.ts';
import { shownName } from '../names/index.ts';
import { loadViews, removeView, saveView, type ViewList } from './saved-views.ts';
import { shippedViews } from './shipped-views.ts';

/** The views that come with Weir, those that somebody has saved, and a way to save this one. */
export function ViewsMenu() {
  const menu = useRef<HTMLDetailsElement>(null);
  const [saved, setSaved] = useState<ViewList>();
  const [fault, setFault] = useState<string>();
  const takeList = (asked: Promise<ViewList>) =>
    asked.then(
      (list) => {
        setSaved(list);
        setFault(undefined);
      },
      (error: Error) => setFault(error.message),
    );
  useEffect(() => {
    const closeMenu = (event: MouseEvent) => {
      if (!menu.current!.contains(event.target as Node)) menu.current!.open = false;
    };
    addEventListener('click', closeMenu);
    return () => removeEventListener('click', closeMenu);
  }, []);
  const saveThis = (event: Event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const name = (form.elements.namedItem('name') as HTMLInputElement).value.trim();
    if (name === '' || saved === undefined) return;
    takeList(saveView(saved, { name, search: linkTo({}) })).then(() => form.reset());
  };
  return (
    <details
      ref={menu}
      class="views-menu"
      onToggle={(event) => event.currentTarget.open && takeList(loadViews())}
    >
      <summary class="button">Views</summary>
      <div class="views-list">
        <ul>
          {shippedViews.map(({ name, question, search }) => (
            <li key={name}>
              <a href={search} onClick={() => (menu.current!.open = false)}>
                {name}
              </a>
              <span class="soft"> {question}</span>
            </li>
          ))}
        </ul>
        {saved !== undefined && saved.views.length > 0 && (
          <ul aria-label="saved views">
            {saved.views.map((view) => (
              <li key={view.name}>
                <a href={view.search} onClick={() => (menu.current!.open = false)}>
                  <bdi>{shownName(view.name)}</bdi>
                </a>
                <button
                  type="button"
                  class="chip-remove"
                  aria-label={`delete ${shownName(view.name)}`}
                  onClick={() => takeList(removeView(saved, view.name))}
                >
                  ×
                </button>
              </li>
            ))}
          </ul>
        )}
        <form class="bar" onSubmit={saveThis}>
          <input
            class="field"
            name="name"
            aria-label="name of this view"
            placeholder="save this view as"
            maxlength={200}
          />
          <button type="submit" class="button" disabled={saved === undefined}>
            Save
          </button>
        </form>
        {fault !== undefined && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
      </div>
    </details>
  );
}
