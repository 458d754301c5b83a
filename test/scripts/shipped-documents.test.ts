import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/*
 * The package of npm has the documents that it names, so that what users install can be read without a
 * checkout.
 */

const root = join(import.meta.dirname, '../..');
const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
const shipped = [...files, 'README.md', 'LICENSE', 'package.json']; // npm packs these three always

const isShipped = (path: string): boolean =>
  shipped.some((entry) => path === entry || path.startsWith(`${entry}/`) || matchesGlob(path, entry)) ||
  // a folder of which a part is shipped
  shipped.some((entry) => entry.startsWith(`${path}/`));

const pages = globSync('**/*.md', { cwd: root, exclude: ['node_modules', 'build', 'dist'] }).filter(
  isShipped,
);
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** The anchor that GitHub and others give a heading. */
function anchorOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return text
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

function anchorsIn(page: string): string[] {
  const text = textOf(page).replace(/^```.*?^```$/gms, '');
  return Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) => anchorOf(heading!));
}

describe('the documents of the package', () => {
  it.each(pages)('link only to contents of the package and existing headings: %s', (page) => {
    const links = Array.from(textOf(page).matchAll(/\]\((?!https?:)([^)]+)\)/g), ([, link]) => link!);
    const wrong = links.filter((link) => {
      const [path, anchor] = link.split('#') as [string, string?];
      const target = path === '' ? page : normalize(join(dirname(page), path)).replace(/\/$/, '');
      if (!isShipped(target) || !existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsIn(target).includes(anchor);
    });
    expect(wrong).toEqual([]);
  });

  it('include the runbooks that alerts name', () => {
    const rules = globSync('alerts/**/*.yaml', { cwd: root }).map(textOf).join('\n');
    const runbooks = new Set(Array.from(rules.matchAll(/runbook_url: (\S+)/g), ([, path]) => path!));
    expect(runbooks.size).toBeGreaterThan(40);
    expect([...runbooks].filter((path) => !pages.includes(path))).toEqual([]);
  });
});
