/** Cuts a text to this many columns of a terminal; an ellipsis marks the cut. */
export const cutToWidth = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
