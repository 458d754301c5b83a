import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const page = readFileSync(join(import.meta.dirname, '../../../src/console/app/index.html'), 'utf8');

describe("the console's page", () => {
  it('has neither scripts nor styles of its own, which its policy forbids', () => {
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/);
    expect(page.match(/<script\b[^>]*>[^<]/)).toBeNull();
  });

  it('names only files beside it, so that it works below any path', () => {
    const named = [...page.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, name]) => name);
    expect(named).toEqual(['./icon.svg', './main.css', './main.tsx']);
  });
});
