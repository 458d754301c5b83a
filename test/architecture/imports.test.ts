import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importCycles, reachedFiles } from './import-cycles.ts';
import { brokenImports } from './import-rules.ts';
import { readHouse } from './rooms.ts';
import { readSources, root } from './sources.ts';

const house = readHouse(readFileSync(join(root, 'docs/architecture.md'), 'utf8'));

describe('the sources', () => {
  it('import as docs/architecture.md allows', () => {
    expect(brokenImports(readSources('src'), house)).toEqual([]);
  });

  it.each(['src', 'deploy', 'packaging', 'alerts', 'grafana-dashboards', 'scripts', 'bench', 'test'])(
    'import each other in no circle, types included: %s',
    (folder) => {
      const sources = readSources(folder);
      expect(sources).not.toEqual([]);
      expect(importCycles(sources)).toEqual([]);
    },
  );

  it('belong to the rooms in docs/architecture.md, and fill all of them', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `src/${name}/`);
    const rooms = house.rooms.map(({ folder }) => folder);
    const isWithin = (folder: string) => rooms.some((other) => other !== folder && folder.startsWith(other));
    expect(folders.toSorted()).toEqual(rooms.filter((folder) => !isWithin(folder)).toSorted());
  });

  it('import only packages listed in package.json, and bundle those for a browser', () => {
    const { dependencies, optionalDependencies, devDependencies } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    );
    const [app] = house.inBrowser;
    for (const [folder, names] of house.libraries) {
      const listed = folder === app ? devDependencies : { ...dependencies, ...optionalDependencies };
      for (const name of names) if (name !== 'node:*') expect(listed).toHaveProperty([name]);
    }
  });

  it('have node:http by the door that leaves out what fetch needs', () => {
    const importing = readSources('src').filter(({ text }) =>
      /^import (?!type\b)[^;]*from 'node:http';|import\('node:http'\)/m.test(text),
    );
    expect(importing.map(({ path }) => path)).toEqual([]);
  });

  it('of a browser reach nothing that needs Node', () => {
    const [app] = house.inBrowser;
    const beyond = [...reachedFiles(readSources('src'))]
      .filter(([path]) => path.startsWith(app!))
      .flatMap(([path, reached]) => [...reached].map((target) => `${path} reaches ${target}`))
      .filter((line) => !house.inBrowser.some((part) => line.includes(` reaches ${part}`)));
    expect(beyond).toEqual([]);
    expect(house.inBrowser.length).toBeGreaterThan(1);
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
