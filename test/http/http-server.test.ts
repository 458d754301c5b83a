import { statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type NetConnectOpts } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import {
  HttpServer,
  type HttpsOptions,
  healthRoutes,
  metricsRoute,
  type Routes,
} from '../../src/http/index.ts';
import { Log } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { loopbackCertificate, loopbackKey } from '../support/loopback-certificate.ts';
import { Program } from '../support/program.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const servers: HttpServer[] = [];
let lines: string[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  lines = [];
});

async function serve(host: string, port = 0, isOptional = false): Promise<HttpServer> {
  const server = new HttpServer(
    { host, port },
    {
      ...metricsRoute(async (_, response) => {
        response.end('up 1\n');
      }),
      ...healthRoutes({ isReady: true, problems: [] }),
    },
    new Log(new FakeClock(), (line) => lines.push(line)),
    { name: 'metrics', setting: 'weir.metrics.listen in the file', isOptional },
  );
  servers.push(server);
  await server.start();
  return server;
}

const statusFor = (server: HttpServer, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const url = `http://127.0.0.1:${new URL(server.url).port}/metrics`;
    request(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

describe('an HTTP server', () => {
  it.each([
    ['rebound.example:80', 403],
    ['localhost:80', 200],
    ['[::1]', 200],
    ['127.0.0.1.example', 403],
  ])('on loopback answers a request for host %s with %i', async (host, status) => {
    expect(await statusFor(await serve('127.0.0.1'), host)).toBe(status);
  });

  it('on all addresses answers requests for any host name', async () => {
    expect(await statusFor(await serve('0.0.0.0'), 'node-1.example.com:9464')).toBe(200);
  });

  it('serves nothing but its routes', async () => {
    const server = await serve('127.0.0.1');
    expect(await (await fetch(`${server.url}/metrics`)).text()).toBe('up 1\n');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/flows`)).status).toBe(404);
  });

  it('reports that another program has its address', async () => {
    const { port } = new URL((await serve('127.0.0.1')).url);
    const second = serve('127.0.0.1', Number(port));
    await expect(second).rejects.toMatchObject({
      code: 'WEIR_HTTP_ADDRESS_IN_USE',
      message: `another program listens on 127.0.0.1:${port} already`,
      remedy: expect.stringContaining('weir.metrics.listen in the file'),
    });
  });

  it('that was not configured runs without its address, and reports this', async () => {
    const { port } = new URL((await serve('127.0.0.1')).url);
    lines = [];
    const second = await serve('127.0.0.1', Number(port), true);
    expect(lines).toEqual([
      expect.stringMatching(
        `warn +metrics: goes without: another program listens on 127.0.0.1:${port} already\\. .*weir.metrics.listen`,
      ),
    ]);
    await second.stop();
  });
});

describe('an HTTP server with a token', () => {
  const token = '0123456789abcdef0123456789abcdef';

  async function serveWithToken(directory: TemporaryDirectory): Promise<HttpServer> {
    writeFileSync(directory.file('token'), `${token}\n`);
    const routes: Routes = { '/flows': ({ response }) => void response.end('{}\n') };
    const server = new HttpServer(
      { host: '127.0.0.1', port: 0 },
      { ...routes, ...healthRoutes({ isReady: true, problems: [] }) },
      undefined,
      { tokenFile: directory.file('token') },
    );
    servers.push(server);
    await server.start();
    return server;
  }
  const statusOf = async (server: HttpServer, path: string, authorization?: string) =>
    (await fetch(server.url + path, { headers: authorization === undefined ? {} : { authorization } }))
      .status;

  it('answers clients with the token, and all clients that ask for its state', async () => {
    using directory = new TemporaryDirectory();
    const server = await serveWithToken(directory);
    expect(await statusOf(server, '/flows', `Bearer ${token}`)).toBe(200);
    expect(await statusOf(server, '/flows')).toBe(401);
    expect(await statusOf(server, '/flows', `Bearer ${token}0`)).toBe(401);
    expect(await statusOf(server, '/flows', `Basic ${token}`)).toBe(401);
    expect(await statusOf(server, '/nothing')).toBe(401);
    expect(await statusOf(server, '/healthz')).toBe(200);
  });

  it('accepts a new token when the file has one', async () => {
    using directory = new TemporaryDirectory();
    const server = await serveWithToken(directory);
    writeFileSync(directory.file('token'), 'another-token-of-some-length');
    expect(await statusOf(server, '/flows', `Bearer ${token}`)).toBe(401);
    expect(await statusOf(server, '/flows', 'Bearer another-token-of-some-length')).toBe(200);
  });

  it.each(['', 'short', 'two words of some length'])('does not start with the token "%s"', async (found) => {
    using directory = new TemporaryDirectory();
    writeFileSync(directory.file('token'), found);
    const tokenFile = directory.file('token');
    const server = new HttpServer({ host: '127.0.0.1', port: 0 }, {}, undefined, { tokenFile });
    await expect(server.start()).rejects.toMatchObject({
      code: 'WEIR_HTTP_TOKEN_FILE',
      message: expect.stringContaining('expected a bearer token'),
    });
  });
});

describe('an HTTP server on a socket', () => {
  async function serveOn(path: string): Promise<HttpServer> {
    const server = new HttpServer({ socket: path }, healthRoutes({ isReady: true, problems: [] }));
    servers.push(server);
    await server.start();
    return server;
  }
  const ask = (socketPath: string): Promise<string> =>
    new Promise((resolve, reject) => {
      request({ socketPath, path: '/healthz' }, (response) => resolve(text(response)))
        .on('error', reject)
        .end();
    });

  it('answers only its owner and group', async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file('run/http.sock');
    const server = await serveOn(path);
    expect(server.url).toBe(`unix:${path}`);
    expect(await ask(path)).toBe('{"status":"ok"}\n');
    expect((statSync(path).mode & 0o777).toString(8)).toBe('660');
    expect((statSync(directory.file('run')).mode & 0o007).toString(8)).toBe('0');
  });

  it('replaces a socket that a dead process has left, but not one in use', async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file('http.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    await using dead = new Program([process.execPath, '-e', script]);
    await dead.says(/up/);
    await expect(serveOn(path)).rejects.toMatchObject({
      code: 'WEIR_HTTP_ADDRESS_IN_USE',
      message: `another program listens on unix:${path} already`,
    });
    await dead.stop('SIGKILL');
    await serveOn(path);
    expect(await ask(path)).toBe('{"status":"ok"}\n');
  });

  it('removes no file that is no socket', async () => {
    using directory = new TemporaryDirectory();
    writeFileSync(directory.file('notes'), 'mine');
    await expect(serveOn(directory.file('notes'))).rejects.toMatchObject({
      code: 'WEIR_HTTP_SOCKET',
      message: expect.stringContaining('is no socket'),
    });
  });
});

describe('a malformed request', () => {
  const said = async (server: HttpServer, octets: string): Promise<string> => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.end(octets);
    return text(socket);
  };

  it.each([
    [
      `GET /?${'x'.repeat(5_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
      414,
      'of 4096 octets at most, found 5002',
    ],
    [`GET / HTTP/1.1\r\nx: ${'x'.repeat(70_000)}\r\n\r\n`, 431, 'a request of 65536 octets at most'],
    ['flows please\r\n\r\n', 400, 'expected a request of HTTP/1.1'],
    ['GET // HTTP/1.1\r\nhost: localhost\r\n\r\n', 400, 'expected a path such as /flows'],
    ['GET /metrics HTTP/1.1\r\nhost: localhost\r\norigin: http://page.example\r\n\r\n', 403, 'other sites'],
    ['GET /metrics HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: cross-site\r\n\r\n', 403, 'other sites'],
    ['GET /%1b%c2%9b HTTP/1.1\r\nhost: localhost\r\n\r\n', 404, 'unknown path /%1b%c2%9b'],
  ])('is refused with an explanation: %#', async (octets, status, words) => {
    const answer = await said(await serve('127.0.0.1'), octets);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain(words);
  });
});

const https: HttpsOptions = {
  minVersion: 'VersionTLS12',
  certificate: {
    start: () => {},
    stop: () => {},
    heed: () => {},
    current: { cert: loopbackCertificate, key: loopbackKey },
  },
};

describe.each([
  { over: '', dial: (options: NetConnectOpts) => connect(options), https: undefined },
  {
    over: ' over TLS',
    dial: (options: NetConnectOpts) => connectTls({ ...options, rejectUnauthorized: false }),
    https,
  },
])('a client$over that closes its sending half', ({ dial, https }) => {
  /** Answers as soon as `isReady` settles, or goes on for ever. */
  async function serveLate(isReady: Promise<void>, closed: string[]): Promise<HttpServer> {
    const routes: Routes = {
      '/late': async ({ response }) => {
        await isReady;
        response.end('here');
      },
      '/follow': ({ response }) => {
        response.on('close', () => closed.push('/follow'));
        response.write('a line\n');
      },
    };
    const server = new HttpServer({ host: '127.0.0.1', port: 0 }, routes, undefined, { https });
    servers.push(server);
    await server.start();
    return server;
  }
  const said = (server: HttpServer, request: string): Promise<string> => {
    const port = Number(new URL(server.url).port);
    return text(dial({ port, host: '127.0.0.1' }).end(request));
  };
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;

  it('after its request gets its answer, and then the connection ends', async () => {
    const ready = new Promise<void>((resolve) => setTimeout(resolve, 100));
    const answer = await said(await serveLate(ready, []), get('/late'));
    expect(answer).toMatch(/^HTTP\/1.1 200 OK/);
    expect(answer).toContain('here');
  });

  it('is given up when its answer does not go on, as one that has left', async () => {
    const closed: string[] = [];
    const server = await serveLate(new Promise(() => {}), closed);
    expect(await said(server, get('/follow'))).toContain('a line');
    await until('its end', () => closed.length === 1);
    expect(await said(server, get('/late'))).toBe('');
  });

  it('within or before its request has its connection ended', async () => {
    const server = await serveLate(Promise.resolve(), []);
    expect(await said(server, '')).toBe('');
    for (const part of ['GET /la', 'POST /late HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{'])
      expect(await said(server, part)).toMatch(/^(HTTP\/1.1 4|$)/);
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1').end();
    expect(await text(socket)).toBe('');
  });
});
