/**
 * Names come from the network. Some characters a browser obeys or hides: controls, directions, zero widths,
 * fillers, halves of pairs. They are shown by their code, so that different names never look the same.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

export const shownName = (name: string): string =>
  name.replace(unseen, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);

/** What stands where a record has no value, and for an empty one. Both are set in another face than names. */
export const NO_VALUE = 'none';
export const EMPTY_VALUE = 'empty';

export const valueText = (value: string | null): string =>
  value === null ? NO_VALUE : value === '' ? EMPTY_VALUE : shownName(value);

/** Begin and end of a text whose direction affects nothing around it (UAX #9). */
const [ISOLATE, END_OF_ISOLATE] = ['\u2068', '\u2069'];

/** For texts of SVG, which have no element such as bdi. */
export const isolatedText = (text: string): string => `${ISOLATE}${text}${END_OF_ISOLATE}`;

/** Leaves out the middle, since names of workloads differ at both ends. */
export function cutMiddle(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const head = Math.ceil((width - 1) * 0.6);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (width - 1 - head)).join('')}`;
}
