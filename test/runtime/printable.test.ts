import { describe, expect, it } from 'vitest';
import { printable, printableLines } from '../../src/runtime/index.ts';

describe('text from outside', () => {
  it.each([
    ['an escape sequence', '\x1b[2Jweb', '\\u001b[2Jweb'],
    ['a control sequence of one character', 'a\x9b31m', 'a\\u009b31m'],
    ['line breaks and a bell', 'a\r\nb\u2028c\x07\x7f', 'a\\u000d\\u000ab\\u2028c\\u0007\\u007f'],
    [
      'marks that turn the direction',
      '\u202egpj\u202c \u2066x\u2069 \u200e\u200f',
      '\\u202egpj\\u202c \\u2066x\\u2069 \\u200e\\u200f',
    ],
    ['letters of any language', 'größe 大 שלום 🦊', 'größe 大 שלום 🦊'],
  ])('is shown and not obeyed: %s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('within JSON stays the same value', () => {
    const value = { name: '\x1b\x85\u202e"\\\u2029' };
    const json = printable(JSON.stringify(value));
    expect(json).toMatch(/^[ -~]+$/);
    expect(JSON.parse(json)).toEqual(value);
  });

  it('keeps the line breaks that Weir writes itself', () => {
    expect(printableLines('one\ntwo\x1b\n')).toBe('one\ntwo\\u001b\n');
  });
});
