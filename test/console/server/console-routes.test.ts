import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsoleApp } from '../../../src/console/index.ts';
import { CONTENT_SECURITY_POLICY } from '../../../src/console/server/sent-file.ts';
import { ConsoleServer } from '../../support/console-server.ts';

const made = (type: string, text: string, isNamedByContent = false) => ({
  type,
  octets: Buffer.from(text),
  gzipped: undefined,
  hash: 'abc',
  isNamedByContent,
});
const smallApp = () =>
  new ConsoleApp(async () => new Map([['index.html', made('text/html; charset=utf-8', '<p>the page')]]));

let server: ConsoleServer;
beforeEach(async () => {
  server = await new ConsoleServer({ app: smallApp() }).start();
});
afterEach(() => server[Symbol.asyncDispose]());

const ask = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
  fetch(server.url + path, { redirect: 'manual', ...init, headers });

/** `fetch` would shorten or refuse such a request. */
const askRaw = (
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; location?: string; text: string }> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: server.port, path, headers }, async (response) => {
      const { location } = response.headers;
      const said = await text(response);
      resolve({ status: response.statusCode!, text: said, ...(location === undefined ? {} : { location }) });
    })
      .on('error', reject)
      .end();
  });

describe('the link of the console', () => {
  it('is exchanged for a cookie, and goes on to the page without the token', async () => {
    const { status, headers } = await ask(`/console/?from=1h&token=${server.token}&view=now`);
    expect(status).toBe(303);
    expect(headers.get('location')).toBe('./?from=1h&view=now');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('set-cookie')).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    const page = await ask('/console/', { cookie: headers.get('set-cookie')!.split(';')[0]! });
    expect([page.status, await page.text()]).toEqual([200, '<p>the page']);
  });

  it('is valid again and again, and also opens the page for a program', async () => {
    expect(await server.cookie()).toBe(await server.cookie());
    expect((await ask('/console/', { authorization: `Bearer ${server.token}` })).status).toBe(200);
  });

  it.each(['', '?token=', '?token=wrong', '?token=wrong&token=wronger'])(
    'is not "/console/%s": the answer says where the link is, and sets no cookie',
    async (query) => {
      const answer = await ask(`/console/${query}`);
      const { status, headers } = answer;
      expect(status).toBe(401);
      expect(headers.get('set-cookie')).toBeNull();
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(await answer.text()).not.toContain(server.token);
    },
  );

  it('is missing: the answer says where people find it', async () => {
    const said = await (await ask('/console/')).text();
    expect(said).toContain('"weir up" shows the link on its screen');
    expect(said).toContain(`The token is also in the file ${server.folder.file('token')}`);
  });

  it('still opens after a wrong token, and a wrong token does not end what is open', async () => {
    const cookie = await server.cookie();
    const wrong = await ask('/console/?token=wrong', { cookie });
    expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([401, null]);
    expect((await ask('/console/', { cookie })).status).toBe(200);
  });

  it('on another site leads to the page in two steps, since the cookie does not come with the first', async () => {
    const navigation = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    const first = await askRaw('/console/', navigation);
    expect(first).toEqual({ status: 200, text: expect.stringContaining('http-equiv="refresh"') });
    expect((await askRaw('/console/', { ...navigation, 'sec-fetch-dest': 'iframe' })).status).toBe(403);
    expect((await askRaw('/console/', { ...navigation, 'sec-fetch-site': 'none' })).status).toBe(401);
  });
});

describe('a redirection', () => {
  it.each([
    ['/', './console/'],
    ['/?x=//evil.example', './console/'],
    ['/console', './console/'],
  ])('from %s leads to %s', async (path, location) => {
    expect(await askRaw(path)).toEqual({ status: 302, location, text: '' });
  });

  it.each([
    '//evil.example',
    '//evil.example/',
    '/\\evil.example',
    '//evil.example/console/',
    '/%5Cevil.example/',
  ])('never leads elsewhere: %s', async (path) => {
    const { status, location } = await askRaw(`${path}?token=${server.token}`);
    expect([400, 404]).toContain(status);
    expect(location).toBeUndefined();
  });

  it('after an exchange stays at the page with any query', async () => {
    const { location } = await askRaw(`/console/?token=${server.token}&//evil.example=%0d%0aset-cookie:x`);
    expect(location).toBe('./?%2F%2Fevil.example=%0D%0Aset-cookie%3Ax');
  });
});

describe('a server behind a proxy that leaves its prefix in the path', () => {
  beforeEach(async () => {
    await server[Symbol.asyncDispose]();
    server = await new ConsoleServer({ app: smallApp(), basePath: '/weir' }).start();
  });

  it('answers with and without it, and its cookie is for what is below it', async () => {
    const { status, headers } = await ask(`/weir/console/?token=${server.token}`);
    expect([status, headers.get('location')]).toEqual([303, './']);
    expect(headers.get('set-cookie')).toContain('; Path=/weir/;');
    const cookie = headers.get('set-cookie')!.split(';')[0]!;
    expect((await ask('/weir/console/', { cookie })).status).toBe(200);
    expect((await ask('/console/', { cookie })).status).toBe(200);
    expect((await ask('/weird/console/', { cookie })).status).toBe(404);
  });

  it('leads from the prefix to the console', async () => {
    expect(await askRaw('/weir')).toEqual({ status: 302, location: './weir/console/', text: '' });
    expect(await askRaw('/weir/')).toEqual({ status: 302, location: './console/', text: '' });
  });
});

describe('a file of the app', () => {
  beforeEach(async () => {
    await server[Symbol.asyncDispose]();
    server = await new ConsoleServer().start();
  });

  it('is for those who have the cookie', async () => {
    const cookie = await server.cookie();
    const page = await (await ask('/console/', { cookie })).text();
    const [, name] = /src="\.\/(main-\w+\.js)"/.exec(page)!;
    expect((await ask(`/console/${name}`)).status).toBe(401);
    const { status, headers } = await ask(`/console/${name}`, { cookie });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    expect((await ask('/console/LICENSES.txt', { cookie })).headers.get('cache-control')).toBe(
      'private, no-cache',
    );
    expect((await ask('/console/nothing.js', { cookie })).status).toBe(404);
  });

  it('is sent compressed to those who can read that, with its exact size', async () => {
    const cookie = await server.cookie();
    const plain = await ask('/console/', { cookie, 'accept-encoding': 'gzip;q=0, br' });
    const packed = await new Promise<{ size: number; length: string; octets: Buffer }>((resolve) => {
      const headers = { cookie, 'accept-encoding': 'br, gzip' };
      request(`${server.url}/console/`, { headers }, async (response) => {
        const octets = Buffer.concat(await response.toArray());
        resolve({ size: octets.length, length: response.headers['content-length']!, octets });
      }).end();
    });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(Number(packed.length)).toBe(packed.size);
    expect(gunzipSync(packed.octets).toString()).toBe(await plain.text());
  });

  it('is not sent again to those who have it', async () => {
    const cookie = await server.cookie();
    const etag = (await ask('/console/', { cookie })).headers.get('etag')!;
    const again = await ask('/console/', { cookie, 'if-none-match': `"other", W/${etag}` });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await ask('/console/', { cookie, 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('has the policy of the console, which allows nothing of other origins and nothing inline', async () => {
    const { headers } = await ask('/console/', { cookie: await server.cookie() });
    expect(headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|https?:|\*/);
    for (const [name, value] of [
      ['x-content-type-options', 'nosniff'],
      ['cross-origin-resource-policy', 'same-origin'],
      ['cross-origin-opener-policy', 'same-origin'],
      ['referrer-policy', 'no-referrer'],
    ] as const) {
      expect(headers.get(name)).toBe(value);
    }
  });
});

it('a console that cannot be built says why, and is tried again for the next browser', async () => {
  let tries = 0;
  const app = new ConsoleApp(async () => {
    tries++;
    throw new Error('esbuild, which builds the console, is not installed: run "npm ci"');
  });
  await using other = await new ConsoleServer({ app }).start();
  const headers = { cookie: await other.cookie() };
  for (const _ of [1, 2]) {
    const answer = await fetch(`${other.url}/console/`, { headers });
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { error: 'esbuild, which builds the console, is not installed: run "npm ci"' },
    ]);
  }
  expect(tries).toBe(2);
});
