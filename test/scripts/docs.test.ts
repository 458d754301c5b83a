import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { referencePages } from '../../scripts/docs.ts';

describe('the reference pages', () => {
  it.each(Object.entries(referencePages))(
    'equal the output of the code (npm run docs writes them): %s',
    (path, render) => {
      expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(render());
    },
  );
});
