import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const bench = (...words: string[]) =>
  promisify(execFile)(process.execPath, ['bench/main.ts', ...words]).then(({ stdout }) => stdout);

it('a benchmark prints its title, and under it each case with its spread', async () => {
  const lines = (await bench('sflow-decode')).trimEnd().split('\n');
  expect(lines).toEqual([
    'sFlow decode, packets of TCP in Ethernet',
    expect.stringMatching(
      /^ {2}into columns, 7 samples a datagram {2}[\d,.]+ {2}records\/CPU-s {2}± +\d+ %$/,
    ),
  ]);
});

it('a benchmark gives the same as JSON', async () => {
  const { benchmarks, broken } = JSON.parse(await bench('sflow-decode', '--json'));
  expect(broken).toEqual([]);
  expect(benchmarks).toMatchObject([{ name: 'sflow-decode', rows: [{ unit: 'records/CPU-s' }] }]);
});
