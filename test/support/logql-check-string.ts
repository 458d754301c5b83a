import type { Fault } from './logql-check-arguments.ts';

/** What a letter behind a backslash stands for. */
const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** One character of a string in double quotes, or an escape for one. */
const character =
  /\\(?<named>[abfnrtv\\"])|\\(?:x(?<hex>[0-9a-fA-F]{2})|(?<octal>[0-3][0-7]{2})|u(?<short>[0-9a-fA-F]{4})|U(?<long>[0-9a-fA-F]{8}))|(?<plain>[^\\"\n])/uy;

/**
 * The text of a LogQL string. Loki reads strings as Go does. Between double quotes a backslash begins an
 * escape, and Go refuses unknown escapes.
 *
 * @throws {SyntaxError} with what Go refuses
 */
export function textOfString(literal: string): string {
  if (literal.startsWith('`')) return literal.slice(1, -1).replaceAll('\r', '');
  const inside = literal.slice(1, -1);
  let text = '';
  character.lastIndex = 0;
  while (character.lastIndex < inside.length) {
    const start = character.lastIndex;
    const found = character.exec(inside)?.groups;
    if (found === undefined) throw new SyntaxError(`${inside.slice(start, start + 2)} is no escape of Go`);
    text += characterOf(found);
  }
  return text;
}

function characterOf({ named, hex, octal, short, long, plain }: Record<string, string | undefined>): string {
  if (plain !== undefined) return plain;
  if (named !== undefined) return escapes[named]!;
  if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
  const code = Number.parseInt((hex ?? short ?? long)!, 16);
  if (code > 0x10_ffff || (code >= 0xd800 && code < 0xe000))
    throw new SyntaxError(`${code.toString(16)} is no character`);
  return String.fromCodePoint(code);
}

/** Why Go refuses a string. */
export function faultOfString(literal: string): Fault {
  try {
    textOfString(literal);
    return undefined;
  } catch (error) {
    return (error as SyntaxError).message;
  }
}
