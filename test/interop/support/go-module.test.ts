import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GoModule } from '../../support/go-module.ts';
import { run } from '../../support/program.ts';
import { requires } from '../../support/requires.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

function writeHare(source: string, says: string): void {
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'go.mod'), 'module weir.test/hare\n\ngo 1.18\n');
  writeFileSync(join(source, 'main.go'), `package main\n\nfunc main() { println(${says}) }\n`);
}

/** A hare that eats a carrot, which is another module and under this licence. */
function writeHareWithCarrot(directory: TemporaryDirectory, licence: string): string {
  const [source, carrot] = [directory.file('hare'), directory.file('carrot')];
  for (const folder of [source, carrot]) mkdirSync(folder);
  writeFileSync(join(carrot, 'go.mod'), 'module weir.test/carrot\n\ngo 1.18\n');
  writeFileSync(join(carrot, 'carrot.go'), 'package carrot\n\nconst Says = "crunch"\n');
  writeFileSync(join(carrot, 'LICENSE'), licence);
  writeFileSync(
    join(source, 'go.mod'),
    'module weir.test/hare\n\ngo 1.18\n\nrequire weir.test/carrot v1.2.3\n\nreplace weir.test/carrot => ../carrot\n',
  );
  writeFileSync(
    join(source, 'main.go'),
    'package main\n\nimport "weir.test/carrot"\n\nfunc main() { println(carrot.Says) }\n',
  );
  return source;
}

requires('go')('a Go module', () => {
  it('is built once, also when several want it at the same time', async () => {
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

  it('is built again when its sources have changed', async () => {
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

  it("says in Go's words why it cannot be built, and leaves nothing that looks built", async () => {
    using directory = new TemporaryDirectory();
    const [source, cache] = [directory.file('hare'), directory.file('cache')];
    writeHare(source, 'carrots');
    const hare = new GoModule(source, { packages: ['.'] }, cache);
    await expect(hare.build(() => {})).rejects.toThrow(/undefined: carrots/);
    expect(hare.isBuilt).toBe(false);
    expect(existsSync(hare.directory)).toBe(false);
    expect(readdirSync(cache).filter((name) => !name.endsWith('.lock'))).toEqual([]);
  });

  it('has beside its programs a list of the modules that went into them, also when it was built without', async () => {
    using directory = new TemporaryDirectory();
    const source = writeHareWithCarrot(directory, 'Apache License\n   Version 2.0, January 2004\n');
    const hare = new GoModule(source, { packages: ['.'] }, directory.file('cache'));
    await hare.build(() => {});
    const file = join(hare.directory, 'modules.tsv');
    const list = 'module\tversion\tlicence\nweir.test/carrot\tv1.2.3\tApache-2.0\n';
    expect(readFileSync(file, 'utf8')).toBe(list);
    rmSync(file);
    const modules = [{ path: 'weir.test/carrot', version: 'v1.2.3', licence: 'Apache-2.0' }];
    expect(await hare.modules()).toEqual(modules);
    expect(readFileSync(file, 'utf8')).toBe(list);
    expect(await hare.modules()).toEqual(modules);
  });

  it('is not built when one of its modules is under the GNU Affero licence', async () => {
    using directory = new TemporaryDirectory();
    const licence =
      '            GNU AFFERO GENERAL PUBLIC LICENSE\n               Version 3, 19 November 2007\n';
    const source = writeHareWithCarrot(directory, licence);
    const hare = new GoModule(source, { packages: ['.'] }, directory.file('cache'));
    await expect(hare.build(() => {})).rejects.toThrow(
      'hare would have in it what is under the GNU Affero licence: weir.test/carrot v1.2.3',
    );
    expect(hare.isBuilt).toBe(false);
  });
});
