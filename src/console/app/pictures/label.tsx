import type { ComponentChildren, SVGAttributes } from 'preact';

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
