import { describe, expect, it } from 'vitest';
import { printableLines, printableText } from '../../src/runtime/index.ts';

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
    [
      'spaces without a width and joiners',
      'w\u200be\u200c\u200db\u2060\ufeff',
      'w\\u200be\\u200c\\u200db\\u2060\\ufeff',
    ],
    ['soft hyphens and fillers', 'a\u00adb\u3164c\u034f', 'a\\u00adb\\u3164c\\u034f'],
    ['marks of scripts that are not seen', '\u061c\u180e\ufff9', '\\u061c\\u180e\\ufff9'],
    ['variation selectors and tags', 'a\ufe0f\u{e0041}', 'a\\ufe0f\\udb40\\udc41'],
    ['half of a surrogate pair', 'a\ud800b', 'a\\ud800b'],
    ['letters of any language', 'größe 大 שלום 🦊', 'größe 大 שלום 🦊'],
  ])('is shown and not obeyed: %s', (_, text, shown) => {
    expect(printableText(text)).toBe(shown);
  });

  it('inside JSON stays the same value', () => {
    const value = { name: '\x1b\x85\u202e"\\\u2029\u200b\u{e0041}\ufe0f' };
    const json = printableText(JSON.stringify(value));
    expect(json).toMatch(/^[ -~]+$/);
    expect(JSON.parse(json)).toEqual(value);
  });

  it('keeps the line breaks that Weir writes itself', () => {
    expect(printableLines('one\ntwo\x1b\n')).toBe('one\ntwo\\u001b\n');
  });
});
