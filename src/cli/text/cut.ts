/** As much of a text as so many columns of a terminal have room for; an ellipsis says that there was more. */
export const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
