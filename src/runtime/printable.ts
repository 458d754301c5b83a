/**
 * What a terminal obeys instead of showing it: control characters (C0 with line breaks, DEL, C1), Unicode's own line breaks,
 * and the marks that turn the direction of text.
 */
const obeyed = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/**
 * Text from outside as one line that is safe on any terminal: what a terminal would obey is shown as \u001b.
 * JSON on one line stays the same JSON, because it has such characters only within strings.
 */
export function printable(text: string): string {
  return text.replace(obeyed, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same for text of several lines, whose line breaks are Weir's own. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');
