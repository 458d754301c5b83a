import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { flowsRoute, RecentFlows } from '../../src/api/index.ts';
import { ConsoleApp } from '../../src/console/index.ts';
import { batchOf } from '../../src/flow/index.ts';
import { type Routes, routesForToken, sendJson } from '../../src/http/index.ts';
import { Ledger, systemClock } from '../../src/runtime/index.ts';
import { startWeir } from '../cli/weir.ts';
import { TestBrowser } from '../support/browser.ts';
import { ConsoleServer, type ConsoleServerOptions } from '../support/console-server.ts';
import { freePort } from '../support/free-port.ts';
import { PlainWebServer } from '../support/plain-web-server.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/** What nobody else may learn. */
const SECRET = 'secret-workload';

/** A small app that shows in its title what it could read. */
const smallApp = () =>
  new ConsoleApp(async () => {
    const file = (type: string, text: string, isNamedByContent = false) => ({
      type,
      octets: Buffer.from(text),
      gzipped: undefined,
      hash: `${text.length}`,
      isNamedByContent,
    });
    return new Map([
      [
        'index.html',
        file(
          'text/html',
          '<!doctype html><link rel="icon" href="data:,"><title>reading</title><script type="module" src="./main.js"></script>',
        ),
      ],
      [
        'main.js',
        file(
          'text/javascript',
          `const [flows, query] = await Promise.all([fetch('../flows'), fetch('../query')]);
           const etag = (await fetch('views')).headers.get('etag');
           const saved = await fetch('views', { method: 'PUT', headers: { 'if-match': etag }, body: '{"views":[]}' });
           const names = (await flows.text()) + (await query.text());
           document.title = [flows.status, query.status, saved.status, names.split('${SECRET}').length - 1].join(' ');`,
        ),
      ],
    ]);
  });
const SHOWN = '200 200 200 2';

/** The policy of the page forbids the `eval` of Playwright's own waiting. */
const titleOf = (page: Page, title: string) =>
  until(`the title ${title}`, async () => (await page.title()) === title);

function flowRoutes(): Routes {
  const ledger = new Ledger();
  const flows = new RecentFlows(systemClock, ledger, { windowMs: 600_000, maxOctets: 1_000_000 });
  flows.write(batchOf([{ sourceIP: '192.0.2.1', sourcePodName: SECRET }]));
  return {
    '/flows': flowsRoute(flows, systemClock, ledger),
    ...routesForToken({
      '/query': ({ response }) => sendJson(response, { [SECRET]: true }),
      'POST /query': ({ response }) => sendJson(response, { [SECRET]: true }),
    }),
  };
}

const startServer = (options: ConsoleServerOptions = {}) =>
  new ConsoleServer({ app: smallApp(), routes: flowRoutes(), ...options }).start();

requires('chromium')('the console in a browser', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    const names = ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', 'weir.example'];
    browser = await TestBrowser.start({
      hosts: Object.fromEntries(names.map((name) => [name, '127.0.0.1'])),
    });
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  it('opens by its link, and neither address bar nor history keeps the token', async () => {
    await using server = await startServer();
    await using tab = await browser.openPage();
    const { page } = tab;
    await page.goto(server.link);
    await titleOf(page, SHOWN);
    expect(page.url()).toBe(`${server.url}/console/`);
    await page.goto(`${server.url}/console/?view=explore`);
    await titleOf(page, SHOWN);
    await page.goBack();
    expect(page.url()).toBe(`${server.url}/console/`);
    expect(await page.evaluate('document.cookie + document.referrer')).toBe('');
    await titleOf(page, SHOWN);
  });

  it('is shown to nobody without the link, and an old link is answered so', async () => {
    await using server = await startServer();
    await using tab = await browser.openPage();
    for (const path of ['/', '/console/', '/console/?token=of-another-start']) {
      const answer = await tab.page.goto(server.url + path);
      expect(answer!.status()).toBe(401);
      expect(await tab.page.textContent('h1')).toBe('Open the link of this console');
    }
    expect(await tab.page.context().cookies()).toEqual([]);
    expect(tab.takeFaults()).toEqual(expect.arrayContaining([expect.stringContaining('401')]));
    tab.allowFaults();
  });

  it('has neither violations of its policy nor requests to another origin as it is shipped', async () => {
    await using server = await startServer({ app: new ConsoleApp() });
    await using tab = await browser.openPage();
    await tab.page.goto(server.link);
    await tab.page.waitForSelector('#console *');
    // This server has only some of the routes that the app asks.
    tab.allowFaults(/status of 404|Failed to load resource/);
    expect(tab.takeFaults()).toEqual([]);
  });

  it.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', 'localhost.'])(
    'is not shown under the name %s, which leads to this host',
    async (name) => {
      await using server = await startServer();
      await using tab = await browser.openPage();
      for (const path of [
        '/',
        `/console/?token=${server.token}`,
        '/console/',
        '/flows',
        '/query',
        '/healthz',
      ]) {
        const answer = await tab.page.goto(`http://${name}:${server.port}${path}`);
        expect([path, answer!.status()]).toEqual([path, 403]);
        expect(await tab.page.content()).not.toMatch(new RegExp(`${SECRET}|${server.token}`));
      }
      expect(await tab.page.context().cookies()).toEqual([]);
      tab.allowFaults();
    },
  );

  it('is shown under names of this host in any case, and under the names of its options', async () => {
    await using server = await startServer({ names: ['weir.example'] });
    for (const name of ['LOCALHOST', '127.0.0.1', 'weir.example']) {
      await using tab = await browser.openPage();
      await tab.page.goto(`http://${name}:${server.port}/console/?token=${server.token}`);
      await titleOf(tab.page, SHOWN);
      // Chromium has no such policy for other names without TLS, and says so.
      tab.allowFaults(/^The Cross-Origin-Opener-Policy/);
    }
  });

  it('tells nothing to a page on another port of this host, and lets it change nothing', async () => {
    await using server = await startServer();
    await using others = await PlainWebServer.ofPages({
      '/': '<!doctype html><link rel="icon" href="data:,">',
    });
    const visitor = await browser.newVisitor();
    const { port } = server;
    await using own = await browser.openPage(visitor);
    await own.page.goto(`http://localhost:${port}/console/?token=${server.token}`);
    await titleOf(own.page, SHOWN);
    const [cookie] = await visitor.cookies();
    expect(cookie).toMatchObject({
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      secure: false,
      expires: -1,
    });

    await using tab = await browser.openPage(visitor);
    await tab.page.goto(`http://localhost:${others.port}/`);
    const before = readFileSync(server.folder.file('views.json'), 'utf8');
    using answers = new AnswersOf(port);
    const told = await tab.page.evaluate(`(${attack})('http://localhost:${port}')`);
    expect(told).toEqual({
      'fetch /flows': 'refused',
      'fetch /query': 'refused',
      'fetch /console/': 'refused',
      'fetch no-cors /flows': 'refused',
      'fetch no-cors /query': 'refused',
      'fetch no-cors /console/': 'refused',
      'PUT views': 'refused',
      'POST query': 'refused',
      'script /console/main.js': 'refused',
      'script /flows': 'refused',
      'img /flows': 'refused',
      'style /flows': 'refused',
      'frame /flows': 'unreadable',
      'frame /console/': 'unreadable',
      'EventSource /flows?follow=true': 'refused',
      WebSocket: 'refused',
      'form POST': 'unreadable',
    });
    expect(answers.statuses).toEqual(Array(answers.statuses.length).fill(403));
    expect(answers.statuses.length).toBeGreaterThanOrEqual(Object.keys(told as object).length);
    expect(readFileSync(server.folder.file('views.json'), 'utf8')).toBe(before);
    tab.allowFaults();
  });

  it('opens from a link on another site, and the other site learns nothing from the window', async () => {
    await using server = await startServer();
    const link = `http://localhost:${server.port}/console/`;
    await using others = await PlainWebServer.ofPages({
      '/': `<!doctype html><link rel="icon" href="data:,"><a href="${link}">Weir</a>`,
    });
    const visitor = await browser.newVisitor();
    await using own = await browser.openPage(visitor);
    await own.page.goto(`${link}?token=${server.token}`);
    await titleOf(own.page, SHOWN);

    await using tab = await browser.openPage(visitor);
    await tab.page.goto(`http://evil.example:${others.port}/`);
    await tab.page.click('a');
    await titleOf(tab.page, SHOWN);
    expect(await tab.page.evaluate('[window.opener, document.referrer]')).toEqual([null, '']);
  });

  it('sends its address to nobody else', async () => {
    await using others = await PlainWebServer.ofPages({
      '/': '<!doctype html><link rel="icon" href="data:,">',
    });
    await using server = await startServer();
    await using tab = await browser.openPage();
    await tab.page.goto(`${server.link}&view=${SECRET}`);
    await titleOf(tab.page, SHOWN);
    await tab.page.evaluate(`location.href = 'http://localhost:${others.port}/'`);
    await until('the other page', () => others.requests.length > 0);
    expect(others.requests[0]!.headers.referer).toBeUndefined();
  });

  it('of two servers on one host stays open when the other is opened', async () => {
    await using first = await startServer();
    await using second = await startServer();
    const visitor = await browser.newVisitor();
    for (const server of [first, second]) {
      await using tab = await browser.openPage(visitor);
      await tab.page.goto(server.link);
      await titleOf(tab.page, SHOWN);
    }
    for (const server of [first, second]) {
      await using tab = await browser.openPage(visitor);
      expect((await tab.page.goto(`${server.url}/console/`))!.status()).toBe(200);
      await titleOf(tab.page, SHOWN);
    }
    expect(await visitor.cookies()).toHaveLength(2);
  });

  it.each([
    ['that takes its prefix away', { strips: true, keepsHost: true }, {}],
    [
      'that takes its prefix away and asks by its own name',
      { strips: true, keepsHost: false },
      { names: ['localhost'] },
    ],
    ['that leaves its prefix', { strips: false, keepsHost: true }, { basePath: '/tools/weir' }],
  ])('works behind a proxy %s', async (_, how, options) => {
    await using server = await startServer(options);
    await using proxy = await PlainWebServer.asProxy(server.url, { prefix: '/tools/weir', ...how });
    await using tab = await browser.openPage();
    await tab.page.goto(`http://localhost:${proxy.port}/tools/weir/console/?view=now&token=${server.token}`);
    await titleOf(tab.page, SHOWN);
    expect(tab.page.url()).toBe(`http://localhost:${proxy.port}/tools/weir/console/?view=now`);
    await tab.page.goto(`http://localhost:${proxy.port}/tools/weir/`);
    expect(tab.page.url()).toBe(`http://localhost:${proxy.port}/tools/weir/console/`);
    await titleOf(tab.page, SHOWN);
  });

  it('works through a forwarded port', async () => {
    await using server = await startServer();
    await using forwarding = await PlainWebServer.asForwarding(server.url);
    await using tab = await browser.openPage();
    await tab.page.goto(`http://localhost:${forwarding.port}/console/?token=${server.token}`);
    await titleOf(tab.page, SHOWN);
  });

  it('of a running aggregator is where its log says, and neither logs nor the process list have the token', async () => {
    using directory = new TemporaryDirectory();
    const [http, ipfix] = [await freePort(), await freePort()];
    writeFileSync(
      directory.file('aggregator.yaml'),
      `weir:
  listen: tcp://127.0.0.1:${ipfix}
  http: { listen: "127.0.0.1:${http}" }
  metrics: { listen: "off" }
  stateDirectory: ${directory.file('state')}
`,
    );
    await using weir = startWeir(['aggregator', '--config', directory.file('aggregator.yaml')]);
    await weir.says(/weir: ready/);
    const file = directory.file('state/console/token');
    expect(existsSync(file)).toBe(true);
    expect(weir.stderr).toContain(
      `answers on http://127.0.0.1:${http}/console/; the token is in the file ${file}`,
    );
    const token = readFileSync(file, 'utf8').trim();
    await using tab = await browser.openPage();
    await tab.page.goto(`http://127.0.0.1:${http}/console/?token=${token}x`);
    await tab.page.goto(`http://127.0.0.1:${http}/console/?token=${token}`);
    await tab.page.waitForSelector('#console *');
    expect(tab.page.url()).toBe(`http://127.0.0.1:${http}/console/`);
    const ledger = await (await fetch(`http://127.0.0.1:${http}/ledger`)).text();
    const commands = readFileSync(`/proc/${weir.pid}/cmdline`, 'utf8');
    const { stderr, stdout } = await weir.stop();
    for (const text of [stderr, stdout, ledger, commands]) expect(text).not.toContain(token);
    tab.allowFaults();
  });
});

/** How a server of this process answers, also what a browser keeps from its pages. */
class AnswersOf implements Disposable {
  readonly statuses: number[] = [];
  readonly #channel = 'http.server.response.finish';
  readonly #note: (message: unknown) => void;

  constructor(port: number) {
    this.#note = (message) => {
      const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
      if (request.socket.localPort === port) this.statuses.push(response.statusCode);
    };
    subscribe(this.#channel, this.#note);
  }

  [Symbol.dispose](): void {
    unsubscribe(this.#channel, this.#note);
  }
}

/** What a page of another origin may try. It runs in the browser, so it uses nothing of this file. */
const attack = `async (server) => {
  const told = {};
  const settle = (name, promise) =>
    Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 10000, 'no answer'))])
      .catch(() => 'refused')
      .then((outcome) => { told[name] = outcome; });
  const read = async (answer) => (answer.type === 'opaque' ? 'opaque' : 'read ' + (await answer.text()));
  const fetches = ['/flows', '/query', '/console/'].flatMap((path) => [
    settle('fetch ' + path, fetch(server + path, { credentials: 'include' }).then(read)),
    settle('fetch no-cors ' + path, fetch(server + path, { credentials: 'include', mode: 'no-cors' }).then(read)),
  ]);
  const element = (name, tag, attributes) =>
    settle(name, new Promise((resolve, reject) => {
      const made = Object.assign(document.createElement(tag), attributes);
      made.onload = () => resolve('loaded');
      made.onerror = reject;
      document.body.append(made);
    }));
  const frame = (path) =>
    settle('frame ' + path, new Promise((resolve) => {
      const made = Object.assign(document.createElement('iframe'), { src: server + path });
      made.onload = () => {
        try { resolve('read ' + made.contentWindow.document.body.textContent); } catch { resolve('unreadable'); }
      };
      document.body.append(made);
    }));
  const form = () => {
    const target = Object.assign(document.createElement('iframe'), { name: 'target' });
    document.body.append(target);
    const made = Object.assign(document.createElement('form'), { method: 'post', action: server + '/query', target: 'target' });
    document.body.append(made);
    const outcome = new Promise((resolve) => {
      target.onload = () => {
        try {
          if (target.contentWindow.location.href !== 'about:blank') resolve('read');
        } catch { resolve('unreadable'); }
      };
    });
    made.submit();
    return outcome;
  };
  const opened = (made) => new Promise((resolve, reject) => {
    made.onopen = () => resolve('open');
    made.onerror = reject;
  });
  await Promise.all([
    ...fetches,
    settle('PUT views', fetch(server + '/console/views', {
      method: 'PUT', credentials: 'include', headers: { 'if-match': '"1"' }, body: '{"views":[{"name":"x","search":"?"}]}',
    }).then(read)),
    settle('POST query', fetch(server + '/query', { method: 'POST', credentials: 'include', mode: 'no-cors' }).then(read)),
    element('script /console/main.js', 'script', { src: server + '/console/main.js' }),
    element('script /flows', 'script', { src: server + '/flows' }),
    element('img /flows', 'img', { src: server + '/flows' }),
    element('style /flows', 'link', { rel: 'stylesheet', href: server + '/flows' }),
    frame('/flows'),
    frame('/console/'),
    settle('EventSource /flows?follow=true', opened(new EventSource(server + '/flows?follow=true', { withCredentials: true }))),
    settle('WebSocket', opened(new WebSocket(server.replace('http', 'ws') + '/flows'))),
    settle('form POST', form()),
  ]);
  return told;
}`;
