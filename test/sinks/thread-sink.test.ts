import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Program } from '../support/program.ts';

const program = fileURLToPath(new URL('overrun-program.ts', import.meta.url));

describe('a sink in its thread', () => {
  it('is left behind when DuckDB works in it after its deadline, and the process ends well after it', async () => {
    await using stopping = new Program([process.execPath, program]);
    const { code, signal, stdout, stderr } = await stopping.ended;
    expect(stderr).toBe('');
    expect([code, signal]).toEqual([0, null]);
    expect(stdout.replace(/^.*(?=lasting: )/gm, '')).toBe(
      [
        'lasting: its thread has not stopped in time: it goes on, and the process ends after it',
        'the process has stopped it',
        'lasting: is done',
        '',
      ].join('\n'),
    );
  });
});
