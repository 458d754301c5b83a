/**
 * What a terminal obeys, or shows as nothing, by its category in Unicode: control characters (C0 with line
 * breaks, DEL, C1), Unicode's own line breaks, format characters (direction, width zero, soft hyphen, tags),
 * halves of surrogate pairs, and what is ignorable, such as variation selectors and fillers. Two names that
 * differ never look the same for one of these.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Text from outside as one line that is safe on any terminal: what one would obey or not show is written as
 * \u001b is in JSON. JSON on one line stays the same JSON, because it has such characters only within
 * strings.
 */
export function printable(text: string): string {
  return text.replace(unseen, (character) => character.split('').map(escaped).join(''));
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The same for text of several lines, whose line breaks are Weir's own. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');
