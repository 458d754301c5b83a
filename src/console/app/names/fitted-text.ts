import { cutMiddle } from './shown-name.ts';

/** Of labels in pictures, as the style sheet has it. */
const FONT_SIZE = 12;
/** Pixels of a wide character, where nothing can measure. */
const WIDE_CHARACTER = 8;
/** Fewer characters say nothing. */
const LEAST_CHARACTERS = 4;

let context: CanvasRenderingContext2D | null | undefined;

/** Pixels that a label takes. */
export function textWidth(text: string): number {
  if (context === undefined && typeof document !== 'undefined') {
    context = document.createElement('canvas').getContext('2d');
    if (context !== null) context.font = `${FONT_SIZE}px ${getComputedStyle(document.body).fontFamily}`;
  }
  return context?.measureText(text).width ?? WIDE_CHARACTER * [...text].length;
}

/** Leaves out as much of the middle as a room of some pixels asks for. */
export function fittedText(text: string, room: number): string {
  let [shown, characters] = [text, [...text].length];
  while (characters > LEAST_CHARACTERS && textWidth(shown) > room) {
    characters--;
    shown = cutMiddle(text, characters);
  }
  return shown;
}
