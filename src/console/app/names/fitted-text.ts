import { cutMiddle } from './shown-name.ts';

/** Of labels in pictures, as the style sheet has it. */
const FONT_SIZE = 12;
/** Pixels of a wide character, where nothing can measure. */
const WIDE_CHARACTER = 8;
/** Fewer characters say nothing. */
const LEAST_CHARACTERS = 4;

/** Pictures of one answer have the same names, and the browser takes longest to measure them. */
const MOST_KNOWN_WIDTHS = 10_000;
const knownWidths = new Map<string, number>();

let context: CanvasRenderingContext2D | null | undefined;

/** Pixels that a label takes. */
export function textWidth(text: string): number {
  const known = knownWidths.get(text);
  if (known !== undefined) return known;
  const width = measuredWidth(text);
  if (knownWidths.size >= MOST_KNOWN_WIDTHS) knownWidths.clear();
  knownWidths.set(text, width);
  return width;
}

function measuredWidth(text: string): number {
  if (context === undefined && typeof document !== 'undefined') {
    context = document.createElement('canvas').getContext('2d');
    if (context !== null) context.font = `${FONT_SIZE}px ${getComputedStyle(document.body).fontFamily}`;
  }
  return context?.measureText(text).width ?? WIDE_CHARACTER * [...text].length;
}

/** Leaves out as much of the middle as a room of some pixels asks for. */
export function fittedText(text: string, room: number): string {
  if (textWidth(text) <= room) return text;
  let [fitting, tooMany] = [LEAST_CHARACTERS, [...text].length];
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2);
    if (textWidth(cutMiddle(text, middle)) <= room) fitting = middle;
    else tooMany = middle;
  }
  return cutMiddle(text, fitting);
}
