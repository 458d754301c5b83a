import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultAggregatorSettings } from '../../src/cli/config/index.ts';
import { ConsoleNotice, wireConsole } from '../../src/cli/console-part.ts';
import { httpServer } from '../../src/cli/http-parts.ts';
import { MetricsPart } from '../../src/cli/metrics-part.ts';
import { Service } from '../../src/cli/service.ts';
import { sendJson } from '../../src/http/index.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

let directory: TemporaryDirectory;
let service: Service;
let lines: string[];
beforeEach(() => {
  directory = new TemporaryDirectory();
  service = new Service();
  lines = [];
  service.writeLine = (line) => lines.push(line);
});
afterEach(() => directory[Symbol.dispose]());

const settings = { ...defaultAggregatorSettings().http, listen: { host: '127.0.0.1', port: 0 } };
const routes = {
  '/flows': ({ response }) => sendJson(response, {}),
  '/query': ({ response }) => sendJson(response, {}),
  'POST /query': ({ response }) => sendJson(response, {}),
  '/query/values': ({ response }) => sendJson(response, {}),
} satisfies Parameters<typeof httpServer>[1];

/** The statuses of paths of a process with these settings, without a token and with it. */
async function statusesWith(folder: string | undefined, changed: Partial<typeof settings> = {}) {
  const console = await wireConsole({ ...settings, ...changed }, folder, false, service);
  const metrics = new MetricsPart(service, defaultAggregatorSettings().metrics, { component: 'aggregator' });
  const server = httpServer({ ...settings, ...changed }, routes, metrics, service, console);
  await server.start();
  const token = await console.token?.read();
  const statuses: Record<string, number[]> = {};
  for (const path of ['/flows', '/query', '/query/values', '/console/', '/console/views']) {
    const headers: Record<string, string>[] = [{}, { authorization: `Bearer ${token}` }];
    statuses[path] = await Promise.all(
      headers.map(async (each) => (await fetch(server.url + path, { headers: each })).status),
    );
  }
  await server.stop();
  return statuses;
}

describe('the console of a process', () => {
  it('and questions about the past are for those with the token, and flows for every program', async () => {
    expect(await statusesWith(directory.file('console'))).toEqual({
      '/flows': [200, 200],
      '/query': [401, 200],
      '/query/values': [401, 200],
      '/console/': [401, 200],
      '/console/views': [401, 200],
    });
  });

  it('is not there when it is turned off, and no token is made', async () => {
    const statuses = await statusesWith(directory.file('console'), { console: false });
    expect(statuses['/console/']).toEqual([404, 404]);
    expect(statuses['/query']).toEqual([200, 200]);
    expect(existsSync(directory.file('console'))).toBe(false);
  });

  it('needs a folder for its token, and the log says so', async () => {
    expect((await statusesWith(undefined))['/console/']).toEqual([404, 404]);
    expect(lines.join('\n')).toContain(
      'console: there is none: it needs weir.stateDirectory or weir.http.tokenFile',
    );
  });

  it('does not keep the process from starting when its token cannot be kept', async () => {
    mkdirSync(directory.file('console'));
    chmodSync(directory.file('console'), 0o777);
    expect((await statusesWith(directory.file('console')))['/console/']).toEqual([404, 404]);
    expect(lines.join('\n')).toContain('console: there is none: every user of this host can write to');
    const watched = await wireConsole(settings, directory.file('console'), true, service);
    expect(await watched.token!.read()).toMatch(/^[\w-]{43}$/);
  });

  it('is on a screen by its link, and in a log without the token', async () => {
    const console = await wireConsole(settings, directory.file('console'), false, service);
    const metrics = new MetricsPart(service, defaultAggregatorSettings().metrics, {
      component: 'aggregator',
    });
    const server = httpServer(settings, routes, metrics, service, console);
    await server.start();
    const { url } = server;
    const links: string[] = [];
    await new ConsoleNotice(server, console.token!, service, (link) => links.push(link)).start();
    const token = await console.token!.read();
    expect(links).toEqual([`${url}/console/?token=${token}`]);
    await new ConsoleNotice(server, console.token!, service).start();
    await server.stop();
    const place = directory.file('console/token');
    expect(lines.join('\n')).toContain(
      `console: answers on ${url}/console/; the token is in the file ${place}`,
    );
    expect(lines.join('\n')).not.toContain(token);
  });
});
