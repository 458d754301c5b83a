import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { referencePages } from '../../scripts/docs.ts';

describe('the reference pages', () => {
  it.each(Object.entries(referencePages))(
    'are what the code says (npm run docs writes them): %s',
    (path, render) => {
      expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(render());
    },
  );
});
