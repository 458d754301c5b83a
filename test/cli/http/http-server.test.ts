import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpServer, healthRoutes, metricsRoute } from '../../../src/cli/http/index.ts';
import { Log } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

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
      ...healthRoutes(() => true),
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

  it('on all addresses answers whatever name it is asked by', async () => {
    expect(await statusFor(await serve('0.0.0.0'), 'node-1.example.com:9464')).toBe(200);
  });

  it('serves nothing but its routes', async () => {
    const server = await serve('127.0.0.1');
    expect(await (await fetch(`${server.url}/metrics`)).text()).toBe('up 1\n');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/flows`)).status).toBe(404);
  });

  it('says when another program has its address', async () => {
    const { port } = new URL((await serve('127.0.0.1')).url);
    const second = serve('127.0.0.1', Number(port));
    await expect(second).rejects.toMatchObject({
      code: 'WEIR_HTTP_ADDRESS_IN_USE',
      message: `another program listens on 127.0.0.1:${port} already`,
      remedy: expect.stringContaining('weir.metrics.listen in the file'),
    });
  });

  it('that nobody asked for goes without its address, and says so', async () => {
    const { port } = new URL((await serve('127.0.0.1')).url);
    lines = [];
    const second = await serve('127.0.0.1', Number(port), true);
    expect(lines).toEqual([
      expect.stringMatching(
        `warn +metrics: goes without: another program listens on 127.0.0.1:${port} already; .*weir.metrics.listen`,
      ),
    ]);
    await second.stop();
  });
});
