import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const root = new URL('../../', import.meta.url);
const units = globSync('packaging/systemd/*.service', { cwd: root }).map(
  (path) => [basename(path), readFileSync(new URL(path, root), 'utf8')] as const,
);

requires('systemd-analyze')('the systemd units', () => {
  it.each(units)('are accepted by systemd without a warning: %s', (name, unit) => {
    using directory = new TemporaryDirectory();
    const file = directory.file(name);
    writeFileSync(file, unit.replace('/usr/bin/weir', new URL('bin/weir', root).pathname));
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', file], {
      encoding: 'utf8',
    });
    expect(stderr.split('\n').filter((line) => line.includes(name))).toEqual([]);
  });
});
