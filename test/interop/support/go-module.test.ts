import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
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
});
