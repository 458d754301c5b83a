import { expect, it } from 'vitest';
import { errorTexts } from '../../src/runtime/error-codes.ts';
import { readSources } from '../architecture/sources.ts';

const sources = readSources('src').filter(({ path }) => !path.endsWith('error-codes.ts'));

it.each(Object.keys(errorTexts))('the code %s belongs to an error', (code) => {
  const made = new RegExp(`'${code}'|\`${code.replace(/_(LOKI|VICTORIALOGS)(_|$)/, '_\\$\\{[^}]*\\}$2')}`);
  const isMade = sources.some(({ text }) => made.test(text) || text.includes(busy(code)));
  expect(isMade).toBe(true);
});

/** Written with a choice inside. */
const busy = (code: string): string => (/_(BUSY|REFUSED)$/.test(code) ? "? 'BUSY' : 'REFUSED'" : '\0');
