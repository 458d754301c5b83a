import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GoModule } from '../../support/go-module.ts';
import { Program, run } from '../../support/program.ts';
import { requires } from '../../support/requires.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

function writeHare(source: string, says: string): void {
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'go.mod'), 'module weir.test/hare\n\ngo 1.18\n');
  writeFileSync(join(source, 'main.go'), `package main\n\nfunc main() { println(${says}) }\n`);
}

const apache = 'Apache License\n   Version 2.0, January 2004\n';
const affero = '            GNU AFFERO GENERAL PUBLIC LICENSE\n               Version 3, 19 November 2007\n';

/** A hare that eats the root of a carrot, which is another module and has these files. */
function writeHareWithCarrot(directory: TemporaryDirectory, files: Record<string, string>): string {
  const [source, carrot] = [directory.file('hare'), directory.file('carrot')];
  for (const folder of [source, carrot, join(carrot, 'root'), join(carrot, 'leaf')]) mkdirSync(folder);
  writeFileSync(join(carrot, 'go.mod'), 'module weir.test/carrot\n\ngo 1.18\n');
  writeFileSync(join(carrot, 'root/root.go'), 'package root\n\nconst Says = "crunch"\n');
  writeFileSync(join(carrot, 'leaf/leaf.go'), 'package leaf\n');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(carrot, name), text);
  writeFileSync(
    join(source, 'go.mod'),
    'module weir.test/hare\n\ngo 1.18\n\nrequire weir.test/carrot v1.2.3\n\nreplace weir.test/carrot => ../carrot\n',
  );
  writeFileSync(
    join(source, 'main.go'),
    'package main\n\nimport "weir.test/carrot/root"\n\nfunc main() { println(root.Says) }\n',
  );
  return source;
}

requires('go')('a Go module', () => {
  it('is built once, even when several request it simultaneously', async () => {
    using directory = new TemporaryDirectory();
    const [source, cache] = [directory.file('hare'), directory.file('cache')];
    writeHare(source, '"munch"');
    const said: string[] = [];
    const build = () => new GoModule(source, { packages: ['.'] }, cache).build((line) => said.push(line));
    await Promise.all([build(), build(), build()]);
    await build();
    expect(said.filter((line) => /hare: built in \d+ s/.test(line))).toHaveLength(1);
    expect(said.filter((line) => /another process builds it/.test(line))).toHaveLength(2);
    const built = new GoModule(source, { packages: ['.'] }, cache);
    expect(built.isBuilt).toBe(true);
    await run([join(built.directory, 'hare')]);
  });

  it('is rebuilt when its sources change', async () => {
    using directory = new TemporaryDirectory();
    const [source, cache] = [directory.file('hare'), directory.file('cache')];
    writeHare(source, '"munch"');
    const before = new GoModule(source, { packages: ['.'] }, cache);
    await before.build(() => {});
    writeHare(source, '"crunch"');
    const after = new GoModule(source, { packages: ['.'] }, cache);
    expect(after.isBuilt).toBe(false);
    await after.build(() => {});
    expect(after.directory).not.toBe(before.directory);
    expect(before.isBuilt).toBe(true);
  });

  it("reports a failed build in Go's words, and leaves nothing that looks built", async () => {
    using directory = new TemporaryDirectory();
    const [source, cache] = [directory.file('hare'), directory.file('cache')];
    writeHare(source, 'carrots');
    const hare = new GoModule(source, { packages: ['.'] }, cache);
    await expect(hare.build(() => {})).rejects.toThrow(/undefined: carrots/);
    expect(hare.isBuilt).toBe(false);
    expect(existsSync(hare.directory)).toBe(false);
    expect(readdirSync(cache).filter((name) => !name.endsWith('.lock'))).toEqual([]);
  });

  it('has a list of its modules beside its programs, even after an earlier build without one', async () => {
    using directory = new TemporaryDirectory();
    const source = writeHareWithCarrot(directory, { LICENSE: apache, 'leaf/LICENSE': affero });
    const hare = new GoModule(source, { packages: ['.'] }, directory.file('cache'));
    await hare.build(() => {});
    const file = join(hare.directory, 'modules.tsv');
    const list = readFileSync(file, 'utf8');
    expect(list).toMatch(
      /^module\tversion\tlicence \(rules [0-9a-f]{12}\)\nweir\.test\/carrot\tv1\.2\.3\tApache-2\.0\n$/,
    );
    rmSync(file);
    const modules = [{ path: 'weir.test/carrot', version: 'v1.2.3', licence: 'Apache-2.0' }];
    expect(await hare.modules()).toEqual(modules);
    expect(readFileSync(file, 'utf8')).toBe(list);
    expect(await hare.modules()).toEqual(modules);
  });

  it('has a list that is rewritten when its rules change, and checked on reading', async () => {
    using directory = new TemporaryDirectory();
    const source = writeHareWithCarrot(directory, { LICENSE: apache });
    const hare = new GoModule(source, { packages: ['.'] }, directory.file('cache'));
    await hare.build(() => {});
    const file = join(hare.directory, 'modules.tsv');
    const list = readFileSync(file, 'utf8');
    writeFileSync(file, 'module\tversion\tlicence\nweir.test/carrot\tv1.2.3\tAGPL\n');
    expect(await hare.modules()).toHaveLength(1);
    expect(readFileSync(file, 'utf8')).toBe(list);
    for (const licence of ['AGPL+Apache-2.0', 'unknown', 'SSPL']) {
      writeFileSync(file, list.replace(/Apache-2\.0/, licence));
      await expect(hare.modules()).rejects.toThrow(`: weir.test/carrot v1.2.3 is under ${licence}`);
    }
  });

  it('may have a folder of licences, with notices and lists of owners, and documents under another licence', async () => {
    using directory = new TemporaryDirectory();
    const source = writeHareWithCarrot(directory, {
      LICENSE: apache,
      'LICENSE.docs': 'Attribution-ShareAlike 4.0',
    });
    const licences = directory.file('carrot/LICENSES');
    mkdirSync(licences);
    writeFileSync(join(licences, 'OWNERS'), 'approvers: [rabbit]');
    writeFileSync(join(licences, 'NOTICE'), 'Copyright the rabbits');
    const hare = new GoModule(source, { packages: ['.'] }, directory.file('cache'));
    await hare.build(() => {});
    expect(await hare.modules()).toMatchObject([{ licence: 'Apache-2.0' }]);
  });

  it('gets values for its variables when it is linked', async () => {
    using directory = new TemporaryDirectory();
    const source = directory.file('hare');
    mkdirSync(source);
    writeFileSync(join(source, 'go.mod'), 'module weir.test/hare\n\ngo 1.18\n');
    writeFileSync(
      join(source, 'main.go'),
      'package main\n\nvar says = "munch"\n\nfunc main() { print(says) }\n',
    );
    const options = { packages: ['.'], variables: { 'main.says': 'crunch' } };
    const hare = new GoModule(source, options, directory.file('cache'));
    await hare.build(() => {});
    const { stderr } = await new Program([join(hare.directory, 'hare')]).ended;
    expect(stderr).toBe('crunch');
  });

  it.each([
    [
      'a licence of the whole that is refused',
      { LICENSE: affero },
      'has LICENSE, which says AGPL: "GNU AFFERO GENERAL PUBLIC LICENSE Version 3, 19 November 2007"',
    ],
    [
      'one of a package in it that is refused',
      { LICENSE: apache, 'root/LICENSE': affero },
      'has root/LICENSE, which says AGPL: "GNU AFFERO GENERAL PUBLIC LICENSE Version 3, 19 November 2007"',
    ],
    ['none', {}, 'has no file that says its licence'],
  ])('is not built if one of its modules has %s', async (_, files, complaint) => {
    using directory = new TemporaryDirectory();
    const source = writeHareWithCarrot(directory, files);
    const hare = new GoModule(source, { packages: ['.'] }, directory.file('cache'));
    await expect(hare.build(() => {})).rejects.toThrow(
      `hare has in it what the tests do not build by its licence: weir.test/carrot v1.2.3 ${complaint}`,
    );
    expect(hare.isBuilt).toBe(false);
  });
});
