import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsoleApp } from '../../../src/console/index.ts';
import { ConsoleServer } from '../../support/console-server.ts';

let server: ConsoleServer;
let cookie: string;
beforeEach(async () => {
  server = await new ConsoleServer({ app: new ConsoleApp(async () => new Map()) }).start();
  cookie = await server.cookie();
});
afterEach(() => server[Symbol.asyncDispose]());

const read = async (): Promise<[number, string | null, unknown]> => {
  const answer = await fetch(`${server.url}/console/views`, { headers: { cookie } });
  return [answer.status, answer.headers.get('etag'), await answer.json()];
};
const put = async (body: unknown, etag?: string): Promise<[number, string | null, unknown]> => {
  const answer = await fetch(`${server.url}/console/views`, {
    method: 'PUT',
    headers: { cookie, ...(etag === undefined ? {} : { 'if-match': etag }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return [answer.status, answer.headers.get('etag'), await answer.json()];
};
const viewsOf = (...names: string[]) => ({ views: names.map((name) => ({ name, search: '?view=now' })) });

describe('saved views', () => {
  it('are none at first, then what was saved, in a file of their owner only', async () => {
    expect(await read()).toEqual([200, '"0"', { views: [] }]);
    expect(await put(viewsOf('shop', '<b>'), '"0"')).toEqual([200, '"1"', viewsOf('shop', '<b>')]);
    expect(await read()).toEqual([200, '"1"', viewsOf('shop', '<b>')]);
    expect((statSync(server.folder.file('views.json')).mode & 0o777).toString(8)).toBe('600');
    expect(readdirSync(server.folder.path).sort()).toEqual(['token', 'views.json']);
  });

  it('are not overwritten by somebody who has not read the newest', async () => {
    await put(viewsOf('one'), '"0"');
    const [status, , body] = await put(viewsOf('two'), '"0"');
    expect([status, body]).toEqual([
      412,
      { error: 'somebody else has saved views meanwhile: read them again' },
    ]);
    expect((await put(viewsOf('two')))[0]).toBe(428);
    expect((await put(viewsOf('two'), '*'))[0]).toBe(428);
    expect(await read()).toEqual([200, '"1"', viewsOf('one')]);
  });

  it('are saved once when ten save at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) => put(viewsOf(`view ${at}`), '"0"')),
    );
    expect(answers.map(([status]) => status).sort()).toEqual([200, ...Array(9).fill(412)]);
    expect((await read())[1]).toBe('"1"');
  });

  it.each([
    ['no JSON', '{', /^expected JSON: /],
    ['a list', [], /^expected \{"views"/],
    ['no name', { views: [{ search: '?' }] }, /^view 1: expected a name of 1 to 200 characters$/],
    ['a long name', viewsOf('n'.repeat(201)), /^view 1: expected a name/],
    ['a search of another kind', { views: [{ name: 'a', search: 'javascript:x' }] }, /begins with "\?"$/],
    [
      'something else',
      { views: [{ name: 'a', search: '?', shared: true }] },
      /^view "a": a view has no "shared"$/,
    ],
    ['a name twice', viewsOf('a', 'b', 'a'), /^two views have the name "a"$/],
    [
      '201 views',
      viewsOf(...Array.from({ length: 201 }, (_, at) => `${at}`)),
      /^expected 200 views at most, found 201$/,
    ],
    [
      'a large view',
      { views: [{ name: 'a', search: `?${'x'.repeat(65_536)}` }] },
      /^view "a": expected 65536 octets/,
    ],
  ])('are refused with %s', async (_, body, message) => {
    const [status, , answer] = await put(body, '"0"');
    expect([status, answer]).toEqual([400, { error: expect.stringMatching(message) }]);
    expect(await read()).toEqual([200, '"0"', { views: [] }]);
  });

  it('are 200 of 64 KiB each at most', async () => {
    const search = `?${'x'.repeat(65_500)}`;
    const views = Array.from({ length: 200 }, (_, at) => ({ name: `${at}`, search }));
    expect((await put({ views }, '"0"'))[0]).toBe(200);
    expect((await read())[2]).toEqual({ views });
  });

  it('are not read from a longer body', async () => {
    const answer = await put(`"${'x'.repeat(14_000_000)}"`, '"0"').catch((error: Error) => [error.message]);
    expect(answer[0]).toBe(413);
  });

  it('are neither read nor overwritten when the file is damaged', async () => {
    writeFileSync(server.folder.file('views.json'), '{"version": 3, "vie');
    const [status, , body] = await read();
    expect([status, body]).toEqual([
      500,
      { error: `${server.folder.file('views.json')} has no saved views of Weir: move it away to begin anew` },
    ]);
    expect((await put(viewsOf('a'), '"0"'))[0]).toBe(500);
    expect(readFileSync(server.folder.file('views.json'), 'utf8')).toBe('{"version": 3, "vie');
  });

  it('are for those who have the token', async () => {
    cookie = '';
    expect((await read())[0]).toBe(401);
    expect((await put(viewsOf('a'), '"0"'))[0]).toBe(401);
  });
});
