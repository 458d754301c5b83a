import type { FlowCondition, WordTest } from './condition.ts';
import { isPlain, quotedValue } from './token.ts';

/** The text of a condition. The parser makes the same condition of it. */
export function printCondition(condition: FlowCondition): string {
  if ('all' in condition) return condition.all.map(partText).join(' and ');
  if ('any' in condition) return condition.any.map(partText).join(' or ');
  if ('exists' in condition) return `${condition.exists} exists`;
  if ('word' in condition) return testText(condition, '=');
  return 'word' in condition.not ? testText(condition.not, '!=') : `not ${partText(condition.not)}`;
}

/** Parentheses show what belongs together, also where the order of "and" and "or" would do. */
const partText = (part: FlowCondition): string =>
  'all' in part || 'any' in part ? `(${printCondition(part)})` : printCondition(part);

const testText = ({ word, values }: WordTest, sign: '=' | '!='): string =>
  `${word}${sign}${values.map(plainOrQuoted).join(',')}`;

/** In quotes if it has to be. */
export const plainOrQuoted = (value: string): string => (isPlain(value) ? value : quotedValue(value));
