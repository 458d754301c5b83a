import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ProcessLog, type ProcessLogOptions } from '../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { message, set, u32 } from '../support/ipfix-octets.ts';
import { type Loki, type LokiLine, type LokiOptions, startLoki } from '../support/loki.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { type LedgerLine, readLedger, weirProgram } from '../support/weir.ts';

/** An aggregator that listens for IPFIX over UDP, and logs to the Loki. */
async function startAggregator(
  directory: TemporaryDirectory,
  loki: object,
): Promise<{ weir: Program; port: number }> {
  const file = directory.file(`aggregator-${Math.random().toString(36).slice(2)}.yaml`);
  const [listen, http] = [['udp://127.0.0.1:0'], { listen: '127.0.0.1:0' }];
  writeFileSync(file, JSON.stringify({ weir: { listen, http, metrics: { listen: 'off' }, log: { loki } } }));
  const weir = new Program([process.execPath, weirProgram, 'aggregator', '--config', file]);
  const [, port] = await weir.says(/listens on udp:\/\/127\.0\.0\.1:(\d+)/);
  await weir.says(/weir: ready/);
  return { weir, port: Number(port) };
}

/** Sends an IPFIX message of observation domain 7 with data of a template, 256, that nobody announced; returns who sent it. */
async function sendWithoutTemplate(port: number): Promise<string> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  await new Promise((resolve) => socket.send(message(set(256, u32(0))), port, '127.0.0.1', resolve));
  const exporter = `127.0.0.1:${socket.address().port}`;
  socket.close();
  return exporter;
}

async function stop(weir: Program): Promise<{ ledger: LedgerLine; tookMs: number }> {
  const beganMs = performance.now();
  const ended = await weir.stop('SIGTERM', 30_000);
  if (ended.code !== 0) throw new Error(weir.account());
  const ledger = readLedger(ended).find(({ name }) => name === 'process log')!;
  return { ledger, tookMs: performance.now() - beganMs };
}

/** A log in this process, and its way to Loki. */
async function begin(url: string, options: Partial<ProcessLogOptions> = {}) {
  const ledger = new Ledger();
  const log = new Log(systemClock, () => {}, 'debug');
  const processLog = new ProcessLog(
    { url, serviceName: 'weir-test', instance: 'here', labels: {}, ...options },
    { clock: systemClock, ledger, log },
  );
  await processLog.start();
  return { log, processLog, account: () => ledger.toJSON()[0]! };
}

/** A Loki that has just started takes lines at once, and answers its first query after some ten seconds. */
const patience = { timeoutMs: 60_000 };

/** In the order in which they were logged: Loki is told milliseconds, and has no order within one. */
function textsOf(lines: LokiLine[]): string[] {
  const entries = lines.map(({ line }) => JSON.parse(line) as { text: string; sequence: number });
  return entries.sort((one, other) => one.sequence - other.sequence).map(({ text }) => text);
}

requires('loki')('the process log in Loki', () => {
  let loki: Loki;
  let directory: TemporaryDirectory;

  beforeAll(async () => {
    directory = new TemporaryDirectory();
    loki = await startLoki();
  });

  afterAll(async () => {
    await loki?.stop();
    directory?.[Symbol.dispose]();
  });

  it('is found by program, level, and the ids that flows have', async () => {
    const started = await startAggregator(directory, { url: loki.url, labels: { cluster: 'blue' } });
    await using weir = started.weir;
    const exporter = await sendWithoutTemplate(started.port);
    await weir.says(/template-unknown/);
    const { ledger } = await stop(weir);
    expect(ledger).toMatchObject({ unit: 'entries', dropped: 0, held: 0, closes: true });
    const all = '{service_name="weir-aggregator"}';
    const found = await until(
      'all lines',
      async () => {
        const lines = await loki.lines(all);
        return lines.length === ledger.sent && lines;
      },
      patience,
    );
    expect(textsOf(found)).toContain('ready');
    expect(
      (await loki.streams(all)).map((labels) => JSON.stringify(Object.entries(labels).sort())).sort(),
    ).toEqual(
      ['info', 'warn'].map((level) =>
        JSON.stringify([
          ['cluster', 'blue'],
          ['level', level],
          ['service_name', 'weir-aggregator'],
        ]),
      ),
    );
    const query = `{service_name="weir-aggregator", level="warn"} | json | observationDomainId="7" | exporter="${exporter}"`;
    const [line] = await loki.lines(query);
    expect(line!.labels).toMatchObject({
      component: 'ipfix in',
      templateId: '256',
      kind: 'template-unknown',
    });
    expect(line!.labels).not.toHaveProperty('__error__');
  });

  it('has every text as it was logged, and alike entries of one moment all', async () => {
    const texts = [
      `{level="error"} \\" ' \` %s`,
      'one\ntwo\r\n\tthree\u2028four',
      'flow 🌊 of 👩‍🔧',
      'a\u0000b\u001b[31m\ufffd',
      '🌊 "long"\n'.repeat(1_000),
      'half of a 🌊: \ud83c',
      ...Array.from({ length: 1_000 }, () => 'alike'),
    ];
    const { log, processLog, account } = await begin(loki.url, {
      serviceName: 'hostile "texts"',
      maxEntriesASecond: 5_000,
    });
    for (const text of texts) log.error('test', text, { exporter: text.slice(0, 500) });
    await processLog.stop(10_000);
    expect(account()).toMatchObject({ sent: texts.length, dropped: {}, closed: true });
    const lines = await until(
      'all lines',
      async () => {
        const found = await loki.lines('{service_name="hostile \\"texts\\"", level="error"} | json');
        return found.length >= texts.length && found;
      },
      patience,
    );
    expect(lines.filter(({ labels }) => '__error__' in labels)).toEqual([]);
    expect(textsOf(lines)).toEqual(texts.map((text) => text.toWellFormed()));
  });

  it('is that of a tenant where there are several', async () => {
    await using several = await startLoki({ tenants: true });
    const nobody = await begin(several.url);
    nobody.log.info('test', 'whose?');
    await until('a refusal', () => nobody.account().events['push failed: HTTP 401']);
    await nobody.processLog.stop(0);
    const { log, processLog } = await begin(several.url, { tenant: 'weir' });
    log.info('test', 'mine');
    await processLog.stop(5_000);
    const query = new URL('/loki/api/v1/query_range?query={service_name="weir-test"}', several.url);
    await until(
      'the line',
      async () => {
        const response = await fetch(query, { headers: { 'x-scope-orgid': 'weir' } });
        const { data } = (await response.json()) as { data: { result: { values: [string, string][] }[] } };
        return data.result[0]?.values.length === 1 && data.result[0].values[0]![1].includes('mine');
      },
      patience,
    );
  });

  it('comes later, and once, when Loki was away for a while', async () => {
    const options: LokiOptions = { dataDirectory: directory.file('loki') };
    const first = await startLoki(options);
    const port = Number(new URL(first.url).port);
    const { log, processLog, account } = await begin(first.url, { maxWaitingOctets: 100_000 });
    log.info('test', 'before');
    await until('the first', () => account().sent === 1);
    await first.stop();
    for (let i = 0; i < 400; i++) log.info('test', `meanwhile ${i}`);
    await until('a failure', () => account().events['push failed: unreachable']);
    const { held, dropped } = account();
    expect(held).toBeGreaterThan(100);
    expect(dropped).toEqual({ 'queue full': 400 - held });
    await using second = await startLoki({ ...options, port });
    await until('all', () => account().held === 0, patience);
    log.info('test', 'after');
    await processLog.stop(5_000);
    expect(account()).toMatchObject({ received: 402, sent: held + 2, closed: true });
    const lines = await until(
      'all lines',
      async () => {
        const found = await second.lines('{service_name="weir-test"}');
        return found.length >= held + 2 && found;
      },
      patience,
    );
    const meanwhile = Array.from({ length: held }, (_, i) => `meanwhile ${i}`);
    expect(textsOf(lines)).toEqual(['before', ...meanwhile, 'after']);
  });

  it('does not hold up the end of a program whose Loki is away, or does not answer', async () => {
    const silent = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    for (const [url, endsWithinMs] of [
      ['http://127.0.0.1:1', 2_000],
      [`http://127.0.0.1:${port}`, 8_000],
    ] as const) {
      const started = await startAggregator(directory, { url });
      await using weir = started.weir;
      const { ledger, tookMs } = await stop(weir);
      expect(tookMs).toBeLessThan(endsWithinMs);
      expect(ledger).toMatchObject({ sent: 0, held: 0, closes: true });
      expect(ledger.dropped).toBe(ledger.received);
      expect(ledger.remarks).toContain('not delivered in time');
    }
    await new Promise((resolve) => silent.close(resolve));
  });
});
