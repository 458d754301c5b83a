import { createSocket } from 'node:dgram';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ProcessLog, type ProcessLogOptions } from '../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { startWeir } from '../cli/weir.ts';
import { HttpApi } from '../support/http-api.ts';
import { message, set, u32 } from '../support/ipfix-octets.ts';
import { startLoki } from '../support/loki.ts';
import { lokiStore, type ProcessLogStore, victoriaLogsStore } from '../support/process-log-stores.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { startVictoriaLogs, type VictoriaLogsRow } from '../support/victoria-logs.ts';
import { type LedgerLine, readLedger } from '../support/weir.ts';

/** An aggregator that listens for IPFIX over UDP, and logs to a server. */
async function startAggregator(loki: object): Promise<{ weir: Program; port: number }> {
  using directory = new TemporaryDirectory();
  const file = directory.file('aggregator.yaml');
  const [listen, http] = [['udp://127.0.0.1:0'], { listen: '127.0.0.1:0' }];
  writeFileSync(file, JSON.stringify({ weir: { listen, http, metrics: { listen: 'off' }, log: { loki } } }));
  const weir = startWeir(['aggregator', '--config', file]);
  const [, port] = await weir.says(/listens on udp:\/\/127\.0\.0\.1:(\d+)/);
  await weir.says(/weir: ready/);
  return { weir, port: Number(port) };
}

/**
 * Sends an IPFIX message of observation domain 7 with data of template 256, which nobody announced. Returns
 * its sender.
 */
async function sendWithoutTemplate(port: number): Promise<string> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  await new Promise((resolve) => socket.send(message(set(256, u32(0))), port, '127.0.0.1', resolve));
  const exporter = `127.0.0.1:${socket.address().port}`;
  socket.close();
  return exporter;
}

/** Sends an aggregator data of an unknown template, and ends it. */
async function runAggregator(loki: object): Promise<{ exporter: string; ledger: LedgerLine }> {
  const started = await startAggregator(loki);
  await using weir = started.weir;
  const exporter = await sendWithoutTemplate(started.port);
  await weir.says(/template-unknown/);
  const ended = await weir.stop();
  if (ended.code !== 0) throw new Error(weir.account());
  return { exporter, ledger: readLedger(ended).find(({ name }) => name === 'process log')! };
}

/** A log in this process, and its way to a server. */
async function begin(options: Pick<ProcessLogOptions, 'url'> & Partial<ProcessLogOptions>) {
  const ledger = new Ledger();
  const log = new Log(systemClock, () => {}, 'debug');
  const processLog = new ProcessLog(
    { serviceName: 'weir-test', instance: 'here', labels: {}, ...options },
    { clock: systemClock, ledger, log },
  );
  await processLog.start();
  return { log, processLog, account: () => ledger.toJSON()[0]! };
}

/**
 * A Loki that has just started accepts lines at once, and answers its first query after about ten seconds.
 */
const patience = { everyMs: 100 };

/** All entries of a program, as soon as there are at least this many. */
function allEntries(store: ProcessLogStore, serviceName: string, count: number) {
  return until(
    `${count} entries`,
    async () => {
      const entries = await store.entries({ service_name: serviceName });
      return entries.length >= count && entries;
    },
    patience,
  );
}

const hostileTexts = [
  `{level="error"} \\" ' \` %s`,
  '{"_msg":"another","text":null,"level":"info","nested":{"n":1e3}}',
  ' \t between spaces \n',
  'one\ntwo\r\n\tthree\u2028four',
  'flow 🌊 of 👩‍🔧',
  'a\u0000b\u001b[31m\ufffd',
  '🌊 "long"\n'.repeat(1_000),
  'half of a 🌊: \ud83c',
];

describe.each([
  ['victoria-logs', victoriaLogsStore],
  ['loki', lokiStore],
] as const)('the process log in %s', (need, startStore) => {
  requires(need)('with its entries', () => {
    it('is found by program, level and flow ids', async () => {
      await using store = await startStore();
      const { exporter, ledger } = await runAggregator({ ...store.target, labels: { cluster: 'blue' } });
      expect(ledger).toMatchObject({ unit: 'entries', dropped: 0, held: 0, closes: true });
      const all = await allEntries(store, 'weir-aggregator', ledger.sent);
      expect(all).toHaveLength(ledger.sent);
      expect(all.map(({ text }) => text)).toContain('ready');
      expect(await store.streams({ service_name: 'weir-aggregator' })).toEqual([
        '{cluster="blue",level="info",service_name="weir-aggregator"}',
        '{cluster="blue",level="warn",service_name="weir-aggregator"}',
      ]);
      const warnings = { service_name: 'weir-aggregator', level: 'warn' };
      const found = await store.entries(warnings, { observationDomainId: '7', exporter });
      expect(found).toHaveLength(1);
      expect(found[0]!.fields).toMatchObject({
        component: 'ipfix in',
        templateId: '256',
        kind: 'template-unknown',
      });
    });

    it('has every text unchanged, and all equal entries of one moment', async () => {
      await using store = await startStore();
      const serviceName = 'hostile "texts"';
      const { log, processLog, account } = await begin({
        ...store.target,
        serviceName,
        maxEntriesASecond: 5_000,
      });
      const texts = [...hostileTexts, ...Array.from({ length: 1_000 }, () => 'alike')];
      for (const text of texts) log.error('test', text, { exporter: text.slice(0, 500), templateId: 256 });
      await processLog.stop(60_000);
      expect(account()).toMatchObject({ sent: texts.length, dropped: {}, closed: true });
      const entries = await allEntries(store, serviceName, texts.length);
      expect(entries.map(({ text }) => text)).toEqual(texts.map((text) => text.toWellFormed()));
      const common = { level: 'error', component: 'test', instance: 'here', templateId: '256' };
      expect(entries.map(({ fields }) => fields)).toMatchObject(
        texts.map((text) => ({ ...common, exporter: text.slice(0, 500).toWellFormed() })),
      );
    });

    it('arrives later and once after an absence of the server', async () => {
      await using store = await startStore();
      const { log, processLog, account } = await begin({ ...store.target, maxWaitingOctets: 100_000 });
      log.info('test', 'before');
      await until('the first', () => account().sent === 1);
      await store.goAway();
      for (let i = 0; i < 400; i++) log.info('test', `meanwhile ${i}`);
      await until('a failure', () => account().events['push failed: unreachable']);
      const { held, dropped } = account();
      expect(held).toBeGreaterThan(100);
      expect(dropped).toEqual({ 'queue full': 400 - held });
      await store.comeBack();
      await until('all', () => account().held === 0, patience);
      log.info('test', 'after');
      await processLog.stop(60_000);
      expect(account()).toMatchObject({ received: 402, sent: held + 2, closed: true });
      const entries = await allEntries(store, 'weir-test', held + 2);
      const meanwhile = Array.from({ length: held }, (_, i) => `meanwhile ${i}`);
      expect(entries.map(({ text }) => text)).toEqual(['before', ...meanwhile, 'after']);
    });
  });
});

requires('loki')('the process log in a Loki with tenants', () => {
  it('belongs to its tenant', async () => {
    await using several = await startLoki({ tenants: true }); // which receives queries as the tenant "weir"
    const nobody = await begin({ url: several.url });
    nobody.log.info('test', 'whose?');
    await until('a refusal', () => nobody.account().events['push failed: HTTP 401']);
    await nobody.processLog.stop(0);
    const { log, processLog } = await begin({ url: several.url, tenant: 'weir' });
    log.info('test', 'mine');
    await processLog.stop(60_000);
    const lines = await until(
      'the line',
      async () => {
        const found = await several.lines('{service_name="weir-test"}');
        return found.length > 0 && found;
      },
      patience,
    );
    expect(lines.map(({ line }) => JSON.parse(line))).toMatchObject([{ text: 'mine' }]);
  });
});

/** The example for VictoriaLogs in docs/how-to/loki-process-logs.md. */
function victoriaLogsGuide() {
  const page = readFileSync(new URL('../../docs/how-to/loki-process-logs.md', import.meta.url), 'utf8');
  const section = /^## In VictoriaLogs\n(.*?)(?=^## )/ms.exec(page)![1]!;
  const block = (kind: string) => new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\``, 'ms').exec(section)![1]!;
  const file = parse(block('yaml')) as { weir: { log: { loki: { url: string; headersFile: string } } } };
  return { loki: file.weir.log.loki, headers: block('text'), query: block('logsql') };
}

requires('victoria-logs')('the process log in a VictoriaLogs', () => {
  it('is set up and searched as in docs/how-to/loki-process-logs.md', async () => {
    await using server = await startVictoriaLogs();
    using directory = new TemporaryDirectory();
    const { loki, headers, query } = victoriaLogsGuide();
    const headersFile = directory.file('headers');
    writeFileSync(headersFile, headers);
    const url = loki.url.replace('http://127.0.0.1:9428', server.url);
    const { exporter } = await runAggregator({ ...loki, url, headersFile });
    await server.flush();
    expect(await server.query(query)).toEqual([
      { _time: expect.any(String), exporter, _msg: expect.stringContaining('template 256') },
    ]);
  });

  it.each([
    ['by the headers of a file', 'AccountID: 7\nProjectID: 2\n', {}],
    ['by the option tenant', '', { tenant: '7:2' }],
  ])('belongs to its tenant %s', async (_, headers, options) => {
    await using server = await startVictoriaLogs({ headers: { AccountID: '7', ProjectID: '2' } });
    using directory = new TemporaryDirectory();
    const headersFile = directory.file('headers');
    writeFileSync(headersFile, `VL-Msg-Field: text\n${headers}`);
    const { log, processLog } = await begin({ url: `${server.url}/insert`, headersFile, ...options });
    log.info('test', 'mine');
    await processLog.stop(60_000);
    await server.flush();
    expect(await server.query('*')).toMatchObject([{ _msg: 'mine' }]);
    const ofNobody = await new HttpApi(server.url).get('/select/logsql/query', { query: '*' });
    expect(ofNobody).toBe('');
  });

  it('is refused and counted if the tenant is a name', async () => {
    await using server = await startVictoriaLogs();
    const { log, processLog, account } = await begin({ url: `${server.url}/insert`, tenant: 'ops' });
    log.info('test', 'mine');
    await processLog.stop(60_000);
    expect(account()).toMatchObject({
      sent: 0,
      dropped: { refused: 1 },
      events: { 'push failed: HTTP 400': 1 },
    });
  });

  it.each<[string, string, VictoriaLogsRow]>([
    ['has no message', '', { _msg: expect.stringMatching(/^missing _msg field/), text: 'ready' }],
    [
      'has the JSON object as its message',
      'VL-Loki-Disable-Message-Parsing: 1\n',
      { _msg: expect.stringMatching(/^\{"templateId":256,.*"text":"ready"/) },
    ],
  ])('%s with the headers %j', async (_, headers, row) => {
    await using server = await startVictoriaLogs();
    using directory = new TemporaryDirectory();
    const headersFile = directory.file('headers');
    writeFileSync(headersFile, headers);
    const { log, processLog } = await begin({ url: `${server.url}/insert`, headersFile });
    log.info('test', 'ready', { templateId: 256 });
    await processLog.stop(60_000);
    await server.flush();
    expect(await server.query('*')).toMatchObject([row]);
    expect(await server.query('* | unpack_json | filter templateId:=256')).toHaveLength(1);
  });
});
