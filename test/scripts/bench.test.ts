import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Program } from '../support/program.ts';

const folder = join(import.meta.dirname, '../../bench');
const bench = (...args: string[]) => new Program(['node', join(folder, 'main.ts'), ...args]).ended;

describe('npm run bench', () => {
  it.each(['--help', '-h'])('prints its usage: %s', async (flag) => {
    const { code, stdout, stderr } = await bench(flag);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^npm run bench \[-- NAME …\]/);
    for (const option of ['--list', '--json', '--help']) expect(stdout).toContain(option);
  });

  it('lists each benchmark with its title and its needs', async () => {
    const { code, stdout, stderr } = await bench('--list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const listed = stdout.trimEnd().split('\n');
    const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
    const names = listed.map((line) => line.split(' ')[0]);
    expect(names.filter((name) => !files.includes(`${name}.ts`))).toEqual([]);
    for (const name of ['ipfix-decode', 'pipeline', 'store-month', 'flow-logs-victorialogs'])
      expect(names).toContain(name);
    expect(listed).toContainEqual(
      expect.stringMatching(/^ipfix-decode +IPFIX decode, an agent's 43 elements$/),
    );
    expect(listed).toContainEqual(
      expect.stringMatching(/^alerts-from-logs +Rules that .* \(needs loki, prometheus, promtool\)$/),
    );
  });

  it('lists only the named ones', async () => {
    const { stdout } = await bench('--list', 'ipfix-encode');
    expect(stdout).toMatch(/^ipfix-encode +IPFIX encode, an agent's 43 elements\n$/);
  });

  it.each([
    ['--lists', "Unknown option '--lists'"],
    ['nothing-such', 'There is no benchmark nothing-such.'],
  ])('reports a fault in one line, and how to find the right usage: %s', async (argument, complaint) => {
    const { code, stdout, stderr } = await bench(argument);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(complaint);
    expect(stderr).toContain('npm run bench -- --list');
  });
});
