import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DirectoryLock } from '../../src/runtime/index.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

describe('the lock of a directory', () => {
  it('names the process that has the directory, and lets the next one in after its release', async () => {
    using place = new TemporaryDirectory();
    const path = place.file('state');
    const directory = { path, what: 'state directory', inUse: 'WEIR_STATE_DIRECTORY_IN_USE' } as const;
    const first = await DirectoryLock.take(directory);
    await expect(DirectoryLock.take(directory)).rejects.toMatchObject({
      code: 'WEIR_STATE_DIRECTORY_IN_USE',
      message: `the state directory ${path} is in use by process ${process.pid}`,
      remedy: 'Give each process a directory of its own, or stop that one.',
    });
    await first.release();
    const second = await DirectoryLock.take(directory);
    await second.release();
    expect(readdirSync(path)).toEqual([]);
  });
});
