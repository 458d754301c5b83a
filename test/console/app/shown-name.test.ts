import { describe, expect, it } from 'vitest';
import { fittedText, textWidth } from '../../../src/console/app/names/fitted-text.ts';
import { cutMiddle, isolatedText, shownName, valueText } from '../../../src/console/app/names/shown-name.ts';

describe('a name in the console', () => {
  it('shows what a browser would obey or hide', () => {
    expect(shownName('a\u202egnp.b\u202c')).toBe('a\\u{202e}gnp.b\\u{202c}');
    expect(shownName('zero\u200bwidth\n\u{e0041}')).toBe('zero\\u{200b}width\\u{a}\\u{e0041}');
    expect(shownName('\ud800')).toBe('\\u{d800}');
  });

  it('stays as it is otherwise, also if it is markup elsewhere', () => {
    for (const name of ['<b>bold</b>', '__proto__', 'Other', 'späti/größe', 'שלום/عالم'])
      expect(shownName(name)).toBe(name);
  });

  it('differs from none and from an empty one', () => {
    expect([null, '', 'none'].map(valueText)).toEqual(['none', 'empty', 'none']);
  });

  it('is cut in its middle, by characters', () => {
    expect(cutMiddle('shop/checkout-7f9c', 12)).toBe('shop/ch…7f9c');
    expect(cutMiddle('shop/cart', 12)).toBe('shop/cart');
    expect(cutMiddle('😀'.repeat(20), 5)).toBe('😀😀😀…😀');
  });

  it('is cut to a room of pixels', () => {
    const name = 'shop/checkout-7f9c-and-more';
    expect(fittedText(name, textWidth(name))).toBe(name);
    const cut = fittedText(name, textWidth(name) / 2);
    expect(textWidth(cut)).toBeLessThanOrEqual(textWidth(name) / 2);
    expect(cut).toMatch(/^shop\/.*….*ore$/);
    expect(fittedText(name, 0)).toHaveLength(4);
  });

  it('is isolated in texts that have no elements', () => {
    expect(isolatedText('שלום')).toBe('\u2068שלום\u2069');
  });
});
