import type { ComponentChildren } from 'preact';
import { linkTo } from '../address/index.ts';

interface TileParts {
  readonly title: string;
  /** Parameters of the view that shows the same; undefined for none. */
  readonly link: Record<string, string | undefined> | undefined;
  readonly fault?: string | undefined;
  /** Why the question cannot be asked here, which is no fault. */
  readonly lack?: string | undefined;
  readonly isWarning?: boolean;
  readonly children: ComponentChildren;
}

/** A question and its answer. The title leads to the same question in a page of its own. */
export function Tile({ title, link, fault, lack, isWarning = false, children }: TileParts) {
  return (
    <section class={isWarning ? 'card tile tile-warning' : 'card tile'} aria-label={title}>
      <h2>{link === undefined ? title : <a href={linkTo(link)}>{title}</a>}</h2>
      {fault !== undefined && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      {lack !== undefined && <p class="soft">{lack}</p>}
      {children}
    </section>
  );
}

/** Rows that lead somewhere; the first ones, and how many more there are. */
export function TileRows<T>({
  rows,
  most,
  none,
  children,
}: {
  rows: readonly T[];
  most: number;
  none: string;
  children: (row: T) => ComponentChildren;
}) {
  if (rows.length === 0) return <p class="soft">{none}</p>;
  return (
    <>
      <ul class="tile-rows">
        {rows.slice(0, most).map((row, place) => (
          <li key={String(place)}>{children(row)}</li>
        ))}
      </ul>
      {rows.length > most && <p class="soft">and {rows.length - most} more</p>}
    </>
  );
}
