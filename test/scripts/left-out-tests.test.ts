import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Outcome, outcomeVariable } from '../../scripts/test-reporter.ts';
import { givenPrograms, unmetVariable } from '../support/needs.ts';
import { Program } from '../support/program.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const root = join(import.meta.dirname, '../..');

/** What `npm test` hears of suites that need this or that, where some of it is not there. */
async function outcomeWithout(...unmet: string[]): Promise<Outcome> {
  using directory = new TemporaryDirectory();
  const file = directory.file('outcome.json');
  const program = new Program(
    [
      join(root, 'node_modules/.bin/vitest'),
      'run',
      '--config',
      join(import.meta.dirname, 'left-out/vitest-config.ts'),
      `--reporter=${join(root, 'scripts/test-reporter.ts')}`,
    ],
    {
      environment: {
        [unmetVariable]: JSON.stringify(Object.fromEntries(unmet.map((need) => [need, 'not here']))),
        [outcomeVariable]: file,
      },
    },
  );
  const { code, stderr } = await program.ended;
  expect(code, stderr).toBe(0);
  return JSON.parse(readFileSync(file, 'utf8')) as Outcome;
}

describe('a test with an unmet need', () => {
  it('may lack only a Loki, because developers provide nothing else', () => {
    expect(Object.keys(givenPrograms)).toEqual(['loki']);
  });

  it('is skipped if only Loki is missing, and is otherwise reported as left out', async () => {
    const { passed, failed, leftOut, notGiven } = await outcomeWithout('loki', 'nft');
    expect({ passed, failed, notGiven }).toEqual({ passed: 1, failed: 0, notGiven: 2 });
    expect(leftOut).toEqual([
      'suites-with-needs.ts > of nft (left out: not here) > runs',
      'suites-with-needs.ts > of loki and nft (left out: not here; not here) > runs',
    ]);
  });

  it('runs if all needs are met', async () => {
    expect(await outcomeWithout()).toEqual({ passed: 5, failed: 0, leftOut: [], notGiven: 0 });
  });
});
