import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ProcessLog, type ProcessLogOptions } from '../../../src/logs/index.ts';
import { Ledger, Log } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { freePort } from '../../support/free-port.ts';
import { loopbackCertificate, loopbackKey } from '../../support/loopback-certificate.ts';
import { run } from '../../support/program.ts';
import { PushReceiver } from '../../support/push-receiver.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

const NOW = Date.UTC(2026, 0, 31, 10);
/** More than the longest pause after a failure. */
const RETRY_MS = 30_000;

/** A log and its way to Loki, under a clock that only the test moves. */
class Scene {
  readonly clock = new FakeClock(NOW);
  readonly ledger = new Ledger();
  readonly stderr: string[] = [];
  readonly log = new Log(this.clock, (line) => this.stderr.push(line), 'debug');
  readonly processLog: ProcessLog;

  constructor(options: Partial<ProcessLogOptions> & Pick<ProcessLogOptions, 'url'>) {
    this.processLog = new ProcessLog(
      { serviceName: 'weir-agent', instance: 'node-1', labels: {}, ...options },
      this,
    );
    scenes.push(this);
  }

  static async begin(options: Partial<ProcessLogOptions> & Pick<ProcessLogOptions, 'url'>): Promise<Scene> {
    const scene = new Scene(options);
    await scene.processLog.start();
    return scene;
  }

  get account() {
    return this.ledger.toJSON()[0]!;
  }

  /** Lets a pause pass, and what comes of it happen. */
  async pass(byMs: number, what: string, condition: (account: Scene['account']) => boolean): Promise<void> {
    this.clock.advance(byMs);
    await until(what, () => condition(this.account));
  }

  logMany(count: number, text = 'one of many'): void {
    for (let i = 0; i < count; i++) this.log.info('test', text);
  }
}

const scenes: Scene[] = [];

afterEach(async () => {
  for (const { processLog, account } of scenes.splice(0)) {
    await processLog.stop(0);
    expect(account.closed).toBe(true);
  }
});

const entriesIn = (loki: PushReceiver) =>
  loki.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
const sequencesIn = (loki: PushReceiver) => entriesIn(loki).map(({ sequence }) => sequence);

describe('the process log', () => {
  it('sends entries as lines of JSON with few labels', async () => {
    await using loki = await new PushReceiver().start();
    const scene = await Scene.begin({ url: loki.url, labels: { cluster: 'blue' }, tenant: 'ops' });
    const fields = { exporter: '192.0.2.1:4739', templateId: 256, isWhole: false, field: undefined };
    scene.log.warn('ipfix in', 'template withdrawn', fields);
    scene.log.info('weir', 'ready');
    await scene.pass(1_000, 'both', ({ sent }) => sent === 2);
    expect(loki.requests).toHaveLength(1);
    const [{ path, headers, streams }] = loki.requests as [PushReceiver['requests'][number]];
    expect(path).toBe('/loki/api/v1/push');
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-scope-orgid': 'ops' });
    const common = { instance: 'node-1', component: 'ipfix in', text: 'template withdrawn' };
    const [warning, info] = entriesIn(loki);
    expect(warning).toEqual({
      ...common,
      exporter: '192.0.2.1:4739',
      templateId: 256,
      isWhole: false,
      sequence: 1,
    });
    expect(info).toEqual({ ...common, component: 'weir', text: 'ready', sequence: 2 });
    const labels = { service_name: 'weir-agent', cluster: 'blue' };
    expect(streams.map(({ stream, values }) => [stream, values[0]![0], values[0]![2]])).toEqual([
      [{ ...labels, level: 'warn' }, `${NOW}000000`, {}],
      [{ ...labels, level: 'info' }, `${NOW}000000`, {}],
    ]);
    expect(scene.account).toMatchObject({ received: 2, sent: 2, dropped: {}, held: 0, events: {} });
  });

  it('sends entries from before its start, and waiting ones at its end', async () => {
    await using loki = await new PushReceiver().start();
    const scene = new Scene({ url: loki.url, maxEntriesASecond: 5_000 });
    scene.logMany(1_200);
    await scene.processLog.start();
    await scene.processLog.stop(60_000);
    scene.logMany(1);
    expect(loki.requests.map(({ streams }) => streams[0]!.values.length)).toEqual([500, 500, 200]);
    expect(sequencesIn(loki)).toEqual(Array.from({ length: 1_200 }, (_, index) => index + 1));
    expect(scene.account).toMatchObject({ received: 1_200, sent: 1_200, dropped: {}, held: 0 });
  });

  it('pushes again immediately when more waits than one push can contain', async () => {
    await using loki = await new PushReceiver().start();
    const scene = await Scene.begin({ url: loki.url, maxEntriesASecond: 5_000 });
    scene.logMany(1_100);
    await scene.pass(1_000, 'a push', ({ sent }) => sent === 500);
    await scene.pass(0, 'the next', ({ sent }) => sent === 1_000);
    await scene.pass(999, 'nothing', ({ sent }) => sent === 1_000);
    await scene.pass(1, 'the last', ({ sent }) => sent === 1_100);
  });

  it.each([
    ['quotes', `{level="error"} \\" ' \` %s`],
    ['lines', 'one\ntwo\r\n\tthree\u2028four'],
    ['emoji', 'flow 🌊 of 👩‍🔧'],
    ['octets that are no text', 'a\u0000b\u001b[31m\ufffd'],
    ['10 kB', '🌊 "long"\n'.repeat(1_000)],
  ])('sends texts unchanged: %s', async (_, text) => {
    await using loki = await new PushReceiver().start();
    const scene = await Scene.begin({ url: loki.url, labels: { cluster: 'blue "1"\n' } });
    scene.log.warn('test', text, { note: text.slice(0, 1_000) });
    await scene.pass(1_000, 'it', ({ sent }) => sent === 1);
    expect(entriesIn(loki)).toMatchObject([{ text, note: text.slice(0, 1_000) }]);
    expect(loki.requests[0]!.streams[0]!.stream.cluster).toBe('blue "1"\n');
    expect(scene.account.events).toEqual({});
  });

  it('cuts off long text between characters, and counts it', async () => {
    await using loki = await new PushReceiver().start();
    const scene = await Scene.begin({ url: loki.url });
    scene.log.warn('test', `.${'🌊'.repeat(10_000)}`, { note: 'x'.repeat(2_000) });
    await scene.pass(1_000, 'it', ({ sent }) => sent === 1);
    const [{ text, note }] = entriesIn(loki) as [Record<string, string>];
    expect(text).toBe(`.${'🌊'.repeat(8_191)}\ufffd…`);
    expect(note).toBe(`${'x'.repeat(1_024)}…`);
    expect(scene.account.events).toEqual({ 'cut short': 1 });
  });

  it('drops the newest entries beyond the rate limit, which leaves a gap in the sequence', async () => {
    await using loki = await new PushReceiver().start();
    const scene = await Scene.begin({ url: loki.url });
    scene.logMany(600);
    scene.clock.advance(1_000);
    scene.logMany(1);
    await scene.pass(0, 'the first', ({ sent }) => sent === 500);
    await scene.pass(1_000, 'the rest', ({ sent }) => sent === 501);
    expect(sequencesIn(loki).slice(499)).toEqual([500, 601]);
    expect(scene.account).toMatchObject({ received: 601, dropped: { 'too many a second': 100 } });
  });

  it('loads winston only when it is started', async () => {
    const room = new URL('../../../src/logs/index.ts', import.meta.url).href;
    const loaded = "Object.keys(process.getBuiltinModule('module')._cache)";
    const program = `await import('${room}'); console.log(${loaded}.filter((file) => file.includes('winston')).length)`;
    expect(await run([process.execPath, '--input-type=module', '-e', program])).toBe('0\n');
  });

  it('leaves the signals of the process alone', async () => {
    const listeners = () =>
      ['SIGTERM', 'SIGINT', 'SIGHUP', 'beforeExit', 'exit', 'uncaughtException'].map((event) =>
        process.listenerCount(event),
      );
    const before = listeners();
    await using loki = await new PushReceiver().start();
    const scene = await Scene.begin({ url: loki.url });
    scene.logMany(1);
    await scene.pass(1_000, 'it', ({ sent }) => sent === 1);
    expect(listeners()).toEqual(before);
  });
});

describe('a Loki', () => {
  it('gets a bounded number of waiting entries after an absence', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const scene = await Scene.begin({ url, maxWaitingOctets: 50_000, maxEntriesASecond: 5_000 });
    scene.logMany(1_000);
    await scene.pass(1_000, 'a failure', ({ events }) => events['push failed: unreachable'] === 1);
    const { held, dropped } = scene.account;
    expect(held).toBeGreaterThan(50);
    expect(held).toBeLessThan(250);
    expect(dropped).toEqual({ 'queue full': 1_000 - held });
    expect(scene.stderr.at(-1)).toMatch(
      new RegExp(
        `process log: ${url} did not accept entries: connect ECONNREFUSED .*; ${held} entries wait$`,
      ),
    );
    await using loki = await new PushReceiver().start({ port });
    await scene.pass(1_000, 'all', ({ sent }) => sent === held);
    expect(scene.stderr.at(-1)).toMatch(`process log: ${url} accepts entries again`);
    expect(sequencesIn(loki)).toEqual(Array.from({ length: held }, (_, index) => index + 1));
    expect(new Set(entriesIn(loki).map(({ component }) => component))).toEqual(new Set(['test']));
    expect(scene.account.received).toBe(1_000);
  });

  it.each([429, 500, 503, 401])('gets the same entries again after the answer %i', async (status) => {
    await using loki = await new PushReceiver().start();
    const scene = await Scene.begin({ url: loki.url });
    loki.answer = (response) =>
      response.writeHead(status, { 'retry-after': '1' }).end('come\nagain '.repeat(10_000));
    scene.logMany(3);
    await scene.pass(1_000, 'a failure', ({ events }) => events[`push failed: HTTP ${status}`] === 1);
    await scene.pass(RETRY_MS, 'another', ({ events }) => events[`push failed: HTTP ${status}`] === 2);
    expect(scene.stderr.at(-1)!.length).toBeLessThan(500);
    expect(scene.account).toMatchObject({ received: 3, sent: 0, dropped: {}, held: 3 });
    loki.answer = (response) => response.writeHead(204).end();
    await scene.pass(RETRY_MS, 'all', ({ sent }) => sent === 3);
    expect(loki.requests).toHaveLength(3);
    expect(loki.requests[2]!.streams).toEqual(loki.requests[0]!.streams);
  });

  it.each([400, 413])('does not get the same entries again after the answer %i', async (status) => {
    await using loki = await new PushReceiver().start();
    const scene = await Scene.begin({ url: loki.url });
    loki.answer = (response) => response.writeHead(status).end('entry too far behind');
    scene.logMany(2);
    await scene.pass(1_000, 'a refusal', ({ dropped }) => dropped.refused === 2);
    expect(scene.stderr.at(-1)).toMatch(
      `did not accept entries: Server returned HTTP ${status}: entry too far behind; 2 entries are lost`,
    );
    loki.answer = (response) => response.writeHead(204).end();
    scene.logMany(1);
    await scene.pass(1_000, 'the next', ({ sent }) => sent === 1);
    expect(sequencesIn(loki)).toEqual([1, 2, 3]);
  });

  it.each([
    ['never answers', () => {}],
    [
      'never ends its answer',
      (response: { writeHead(status: number): { write(text: string): unknown } }) =>
        response.writeHead(200).write('.'),
    ],
  ])('does not delay the log if it %s', async (_, answer) => {
    await using loki = await new PushReceiver().start();
    const scene = await Scene.begin({ url: loki.url });
    loki.answer = answer;
    scene.logMany(2);
    scene.clock.advance(1_000);
    await until('a push', () => loki.requests.length === 1);
    await scene.pass(10_000, 'a failure', ({ events }) => events['push failed: timeout'] === 1);
    scene.clock.advance(RETRY_MS);
    await until('another push', () => loki.requests.length === 2);
    const stopping = scene.processLog.stop(300);
    scene.clock.advance(400);
    await stopping;
    expect(scene.account).toMatchObject({ received: 2, dropped: { 'not delivered in time': 2 }, held: 0 });
  });

  it('is disconnected soon if its answer never ends', async () => {
    await using loki = await new PushReceiver().start();
    const scene = await Scene.begin({ url: loki.url });
    let octets = 0;
    loki.answer = (response) => {
      const chunk = Buffer.alloc(65_536);
      const goOn = () => {
        do octets += chunk.length;
        while (response.write(chunk));
        response.once('drain', goOn);
      };
      goOn();
    };
    scene.logMany(1);
    await scene.pass(1_000, 'a failure', ({ events }) => events['push failed: failed'] === 1);
    expect(scene.stderr.at(-1)).toContain('its response does not end');
    expect(octets).toBeLessThan(20_000_000);
  });

  it('gets the same entries again if it breaks off its answer', async () => {
    await using loki = await new PushReceiver().start();
    const scene = await Scene.begin({ url: loki.url });
    loki.answer = (response) => {
      response.writeHead(200, { 'content-length': 100 }).write('.', () => response.destroy());
    };
    scene.logMany(2);
    scene.clock.advance(1_000);
    await until('a push', () => loki.requests.length === 1);
    loki.answer = (response) => response.writeHead(204).end();
    await scene.pass(10_000, 'a failure', ({ events }) => Object.keys(events).length === 1);
    await scene.pass(RETRY_MS, 'all', ({ sent }) => sent === 2);
  });

  it('does not delay the end while it is away', async () => {
    const scene = await Scene.begin({ url: `http://127.0.0.1:${await freePort()}` });
    scene.logMany(2_000);
    await scene.processLog.stop(60_000);
    expect(scene.account.dropped).toEqual({ 'too many a second': 1_500, 'not delivered in time': 500 });
  });

  it('fails if it is not an HTTP server', async () => {
    const server = createServer((socket) => socket.resume().end('SSH-2.0\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const scene = await Scene.begin({ url: `http://127.0.0.1:${port}` });
    scene.logMany(1);
    await scene.pass(1_000, 'a failure', ({ events }) => events['push failed: failed'] === 1);
    await new Promise((resolve) => server.close(resolve));
  });

  it('is reached at an IPv6 address', async () => {
    await using loki = await new PushReceiver().start({ host: '::1' });
    const scene = await Scene.begin({ url: loki.url });
    scene.logMany(1);
    await scene.pass(1_000, 'it', ({ sent }) => sent === 1);
  });

  it('is reached below a path', async () => {
    await using loki = await new PushReceiver().start();
    const scene = await Scene.begin({ url: `${loki.url}/tenants/ops` });
    scene.logMany(1);
    await scene.pass(1_000, 'it', ({ sent }) => sent === 1);
    expect(loki.requests[0]!.path).toBe('/tenants/ops/loki/api/v1/push');
  });

  it('receives the headers from a file, even after the file changes', async () => {
    using directory = new TemporaryDirectory();
    const headersFile = directory.file('headers');
    writeFileSync(headersFile, 'Authorization: Bearer one\n');
    await using loki = await new PushReceiver().start();
    loki.answer = (response, { headers }) =>
      response.writeHead(headers.authorization === 'Bearer two' ? 204 : 401).end();
    const scene = await Scene.begin({ url: loki.url, headersFile });
    scene.logMany(1);
    await scene.pass(1_000, 'a failure', ({ events }) => events['push failed: HTTP 401'] === 1);
    writeFileSync(headersFile, '');
    await scene.pass(RETRY_MS, 'another', ({ events }) => events['push failed: HTTP 401'] === 2);
    writeFileSync(headersFile, 'Authorization: Bearer two\n');
    await scene.pass(RETRY_MS, 'it', ({ sent }) => sent === 1);
  });

  it('prevents the start if its header file is unreadable, and later fails a push', async () => {
    using directory = new TemporaryDirectory();
    const headersFile = directory.file('headers');
    const url = 'http://127.0.0.1:1';
    await expect(Scene.begin({ url, headersFile })).rejects.toMatchObject({
      code: 'WEIR_LOG_FILE',
      message: expect.stringContaining(headersFile),
      remedy: 'Correct the path (weir.log.loki), or let this process read the file.',
    });
    writeFileSync(headersFile, '');
    const scene = await Scene.begin({ url, headersFile });
    writeFileSync(headersFile, 'no header');
    scene.logMany(1);
    await scene.pass(1_000, 'a failure', ({ events }) => events['push failed: failed'] === 1);
    expect(scene.stderr.at(-1)).toContain(`${headersFile}, line 1: expected "name: value"`);
  });

  it('is trusted over HTTPS only if the authority in a file signed its certificate', async () => {
    using directory = new TemporaryDirectory();
    const caFile = directory.file('ca.pem');
    writeFileSync(caFile, loopbackCertificate);
    await using loki = await new PushReceiver({ cert: loopbackCertificate, key: loopbackKey }).start();
    const distrustful = await Scene.begin({ url: loki.url });
    distrustful.logMany(1);
    await distrustful.pass(1_000, 'a refusal', ({ events }) => events['push failed: unreachable'] === 1);
    expect(distrustful.stderr.at(-1)).toContain('self-signed certificate');
    expect(loki.requests).toEqual([]);
    const scene = await Scene.begin({ url: loki.url, caFile });
    scene.logMany(1);
    await scene.pass(1_000, 'it', ({ sent }) => sent === 1);
  });
});
