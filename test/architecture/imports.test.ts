import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importCycles } from './import-cycles.ts';
import { brokenImports } from './import-rules.ts';
import { readHouse } from './rooms.ts';
import { readSources, root } from './sources.ts';

const house = readHouse(readFileSync(join(root, 'docs/architecture.md'), 'utf8'));

describe('the sources', () => {
  it('import as docs/architecture.md allows', () => {
    expect(brokenImports(readSources('src'), house)).toEqual([]);
  });

  it('import each other in no circle, types included', () => {
    expect(importCycles(readSources('src'))).toEqual([]);
  });

  it('belong to the rooms in docs/architecture.md, and fill all of them', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `src/${name}/`);
    expect(folders.toSorted()).toEqual(house.rooms.map(({ folder }) => folder).toSorted());
  });

  it('import only packages listed in package.json', () => {
    const { dependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    );
    const allowed = [...house.libraries.values()].flatMap((names) => [...names]);
    for (const name of allowed.filter((name) => name !== 'node:*'))
      expect({ ...dependencies, ...optionalDependencies }).toHaveProperty([name]);
  });
});

describe('a circle of imports', () => {
  const source = (path: string, ...targets: string[]) => ({
    path: `src/wire/${path}.ts`,
    text: targets.map((target) => `import type { X } from './${target}.ts';`).join('\n'),
  });

  it('is found with all its files, but without those that only lead to it', () => {
    const sources = [
      source('a', 'b'),
      source('b', 'c'),
      source('c', 'd', 'e'),
      source('d', 'b'),
      source('e'),
    ];
    expect(importCycles(sources)).toEqual([['src/wire/b.ts', 'src/wire/c.ts', 'src/wire/d.ts']]);
  });
});

describe('the rules of imports', () => {
  const fixture = readHouse(`
| level | folder | one sentence |
|---|---|---|
| 0 | \`src/words/\` | Words. |
| 0 | \`src/life/\` | Life. |
| 1 | \`src/wire/\` | Wire. |

| folder | may import |
|---|---|
| \`src/words/\` | – |
| \`src/wire/\` | \`node:*\`, \`@scope/codec\` |
| \`src/wire/pure/\` | – |
`);
  const broken = (path: string, text: string) => brokenImports([{ path, text }], fixture);

  it('allow siblings, and lower rooms and folders of the same room through their index', () => {
    const text = [
      "import { word } from '../words/index.ts';",
      "import type {\n  Reader,\n} from './reader.ts';",
      "export * from './pure/index.ts';",
      "import net from 'node:net';",
      "import { codec } from '@scope/codec/deep';",
    ].join('\n');
    expect(broken('src/wire/index.ts', text)).toEqual([]);
    expect(broken('src/wire/pure/reader.ts', "import { x } from '../reader.ts';")).toEqual([]);
    expect(broken('src/wire/a.ts', "new URL('../../package.json', import.meta.url)")).toEqual([]);
    expect(broken('src/index.ts', "export * from './wire/index.ts';")).toEqual([]);
  });

  it.each([
    [
      'a higher room',
      'src/words/a.ts',
      "import { x } from '../wire/index.ts';",
      'level 0 may not import from level 1',
    ],
    [
      'a room of the same level',
      'src/words/a.ts',
      "import type { X } from '../life/index.ts';",
      'know nothing of each',
    ],
    [
      'a file behind an index',
      'src/wire/a.ts',
      "export { x } from '../words/x.ts';",
      'through src/words/index.ts',
    ],
    [
      'a file of a folder beside',
      'src/wire/a.ts',
      "await import('./pure/x.ts');",
      'pure is entered through its index',
    ],
    [
      'a worker of another room',
      'src/wire/a.ts',
      "new URL('../words/w.ts', import.meta.url)",
      'src/words/index.ts',
    ],
    [
      'a package that is not listed',
      'src/wire/a.ts',
      "import { z } from 'zod';",
      'src/wire/ may not use zod',
    ],
    [
      'Node where it is not listed',
      'src/wire/pure/a.ts',
      "import 'node:fs';",
      'src/wire/pure/ may not use node:*',
    ],
    [
      'a file outside all rooms',
      'src/wire/a.ts',
      "import { x } from '../index.ts';",
      'src/index.ts is in no room',
    ],
  ])('forbid %s', (_, path, text, reason) => {
    expect(broken(path, text)).toEqual([expect.stringContaining(reason)]);
  });
});
