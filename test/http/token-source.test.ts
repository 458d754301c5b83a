import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptToken, keptTokenIn } from '../../src/http/token-source.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = new TemporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

const folder = () => directory.file('state/console');
const path = () => `${folder()}/token`;

describe('a kept token', () => {
  it('has 256 bits, in a file and a folder that only its owner may read', async () => {
    const token = await (await keptToken(folder())).read();
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(readFileSync(path(), 'utf8')).toBe(`${token}\n`);
    expect((statSync(path()).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(folder()).mode & 0o777).toString(8)).toBe('700');
  });

  it('is the same after a restart, and so are its cookies', async () => {
    const [first, second] = [await keptToken(folder()), await keptToken(folder())];
    expect(await second.read()).toBe(await first.read());
    expect(second.cookieKey).toEqual(first.cookieKey);
  });

  it('is one for all processes that start at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => keptToken(folder())));
    expect(new Set(await Promise.all(all.map((source) => source.read()))).size).toBe(1);
    expect(readdirSync(folder())).toEqual(['token']);
  });

  it('is found by a client of the same user, and only where it is', async () => {
    expect(await keptTokenIn(folder())).toBeUndefined();
    const token = await (await keptToken(folder())).read();
    expect(await keptTokenIn(folder())).toBe(token);
    chmodSync(path(), 0o644);
    expect(await keptTokenIn(folder())).toBeUndefined();
  });

  it('is refused when others could have read or chosen it', async () => {
    await keptToken(folder());
    chmodSync(path(), 0o644);
    await expect(keptToken(folder())).rejects.toMatchObject({
      code: 'WEIR_HTTP_TOKEN_FILE',
      message: `${path()}: expected a token of Weir for its owner, found a file that other users can read`,
      remedy: 'Remove it: the next start makes a new one.',
    });
  });

  it('is refused when the file has something else', async () => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(path(), 'password\n', { mode: 0o600 });
    await expect(keptToken(folder())).rejects.toThrow(/found something else/);
  });

  it('is not read through a link, nor from a folder that every user may write to', async () => {
    mkdirSync(folder(), { recursive: true });
    symlinkSync('/etc/hostname', path());
    await expect(keptToken(folder())).rejects.toMatchObject({ code: 'WEIR_HTTP_TOKEN_FILE' });
    chmodSync(folder(), 0o777);
    await expect(keptToken(folder())).rejects.toMatchObject({ code: 'WEIR_FOLDER_OPEN_TO_ALL' });
  });
});
