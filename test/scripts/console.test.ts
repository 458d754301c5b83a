import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { licenceOf } from '../support/licence-kind.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

/** What a browser loads before it shows the console, compressed. */
const MAX_OCTETS = 350 * 1024;
const root = join(import.meta.dirname, '../..');

describe('npm run console', () => {
  const directory = new TemporaryDirectory();
  const folder = directory.file('console');
  const buildApp = () =>
    execFileSync(process.execPath, ['scripts/console.ts', '--output', folder], {
      cwd: root,
      encoding: 'utf8',
    });
  const read = (name: string) => readFileSync(join(folder, name));

  beforeAll(buildApp);
  afterAll(() => directory[Symbol.dispose]());

  it('writes the page with the names of its files, which tell their content by a hash', () => {
    const named = [
      ...read('index.html')
        .toString()
        .matchAll(/"\.\/([^"]+)"/g),
    ].map(([, name]) => name!);
    expect(named.map((name) => name.replace(/-[A-Z0-9]{8}\./, '-HASH.'))).toEqual([
      'icon-HASH.svg',
      'main-HASH.css',
      'main-HASH.js',
    ]);
    for (const name of named) expect(read(name).length).toBeGreaterThan(0);
  });

  it(`takes ${MAX_OCTETS / 1024} KiB of the network at most`, () => {
    const sizes = readdirSync(folder)
      .filter((name) => name !== 'LICENSES.txt')
      .map((name) => gzipSync(read(name)).length);
    expect(sizes.reduce((sum, octets) => sum + octets, 0)).toBeLessThanOrEqual(MAX_OCTETS);
  });

  it('keeps the licence of each library that is in it, and all of them may be passed on', () => {
    const packages = [
      ...read('LICENSES.txt')
        .toString()
        .matchAll(/^((?:@[\w-]+\/)?[\w-]+) \d+\.\d+\.\d+$/gm),
    ];
    const names = packages.map(([, name]) => name!);
    expect(names).toContain('preact');
    for (const name of names) {
      expect(`${name} ${licenceOf(join(root, 'node_modules', name)).kind}`).toMatch(/ (MIT|ISC|BSD)$/);
    }
  });

  it('writes the same octets each time, and removes the files of an earlier build', () => {
    const before = Object.fromEntries(readdirSync(folder).map((name) => [name, read(name).toString()]));
    writeFileSync(join(folder, 'main-OLDONE00.js'), '');
    buildApp();
    const after = Object.fromEntries(readdirSync(folder).map((name) => [name, read(name).toString()]));
    expect(after).toEqual(before);
  });
});
