import type { ComponentChildren, SVGAttributes } from 'preact';

/** Pixels. In less room a label has no count: names matter more, and the table has the counts. */
export const COUNTED_ROOM = 120;

/** A text of a picture. Who hears the picture hears the names of its marks instead. */
export function Label({
  children,
  ...attributes
}: SVGAttributes<SVGTextElement> & { children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus
    <g aria-hidden="true">
      <text {...attributes}>{children}</text>
    </g>
  );
}
