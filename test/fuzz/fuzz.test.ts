import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Program } from '../support/program.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));

/** Some seconds on a developer's machine, and more where there is time. */
const seconds = process.env.CI === undefined ? 3 : 15;

/*
 * In a process of its own, as `npm run fuzz` does. Turns are measured, and the transforms of the test runner
 * make calls between modules slow.
 */
it.each([
  ['that each run repeats', ['--seed', '7011']],
  ['that no run has tried', []],
])(
  'sessions that are broken in one place are read in short turns and counted, from a seed %s',
  async (_, seed) => {
    await using fuzzing = new Program([process.execPath, program, '--seconds', String(seconds), ...seed]);
    await fuzzing.ended;
    console.log(fuzzing.stdout);
    expect(fuzzing.stderr).toBe('');
    expect(fuzzing.stdout).toMatch(/: [1-9]\d* messages, .* longest turn \d+\.\d ms\n$/);
  },
  300_000,
);
