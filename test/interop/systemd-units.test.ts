import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/how-to/agents-and-aggregator.md', root), 'utf8');
const units = [...page.matchAll(/```ini\n# \S+\/([\w-]+\.service)\n(.*?)```/gs)].map(
  ([, name, unit]) => [name!, unit!] as const,
);

requires('systemd-analyze')('the systemd units of the guides', () => {
  it.each(units)('are taken by systemd without a complaint: %s', (name, unit) => {
    using directory = new TemporaryDirectory();
    const file = directory.file(name);
    writeFileSync(file, unit.replace('/opt/weir/bin/weir', new URL('bin/weir', root).pathname));
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--recursive-errors=no', file], {
      encoding: 'utf8',
    });
    expect(stderr.split('\n').filter((line) => line.includes(name))).toEqual([]);
  });
});
