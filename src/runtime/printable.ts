/**
 * Characters that a terminal obeys, or shows as nothing, by Unicode category. They are control characters (C0
 * with line breaks, DEL, C1) and Unicode's own line breaks. They are format characters (direction, zero
 * width, soft hyphen, tags) and halves of surrogate pairs. And they are ignorable characters, such as
 * variation selectors and fillers. So two different names never look the same because of one of these.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Text from outside as one line that is safe on any terminal: characters that a terminal obeys or hides are
 * escaped as JSON does (\u001b). JSON on one line stays the same JSON, because it has such characters only
 * within strings.
 */
export function printableText(text: string): string {
  return text.replace(unseen, (character) => character.split('').map(escapedUnit).join(''));
}

const escapedUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The same for text of several lines whose line breaks are Weir's own. */
export const printableLines = (text: string): string => text.split('\n').map(printableText).join('\n');

/** A value as JSON on one line that is safe on any terminal. */
export const printableJson = (value: unknown): string => printableText(JSON.stringify(value));
