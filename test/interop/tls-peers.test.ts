import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, createServer } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import { FlowTemplates } from '../../src/ipfix/flow-mapping.ts';
import type { TlsSettings } from '../../src/tls/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { freePort } from '../support/free-port.ts';
import { message, startCollector, startExporter } from '../support/ipfix.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { install, TestAuthority } from '../support/test-authority.ts';
import { until } from '../support/until.ts';

const flows = (count: number, from = 1): FlowRecord[] =>
  Array.from({ length: count }, (_, index) => ({ sourceIP: '10.0.0.1', flowId: from + index }));
const listen = [{ protocol: 'tls' as const, host: '127.0.0.1', port: 0 }];
const soon = { least: 20, greatest: 50 };

/** A template and two records, as an exporter's first messages. */
function firstMessages(): Buffer {
  const { template, writer } = new FlowTemplates('agent').get(256);
  const records = message({}, (into) => into.writeRows(writer, batchOf(flows(2)), 0, 2));
  return Buffer.concat([message({}, (into) => into.writeTemplate(template)), records]);
}

requires('openssl')('TLS with other programs', () => {
  let directory: TemporaryDirectory;
  let authority: TestAuthority;
  let aggregator: TlsSettings;
  let agent: TlsSettings;

  beforeAll(() => {
    directory = new TemporaryDirectory();
    authority = new TestAuthority(directory.path);
    aggregator = authority.settings('aggregator');
    agent = authority.settings('agent', { names: ['DNS:node-a'] });
  });
  afterAll(() => directory[Symbol.dispose]());

  const client = (port: number, ...more: string[]) => [
    ...['openssl', 's_client', '-connect', `127.0.0.1:${port}`, '-CAfile', agent.caFile],
    ...['-verify_return_error', '-verify_ip', '127.0.0.1', '-quiet', ...more],
  ];
  const shown = () => ['-cert', agent.certFile, '-key', agent.keyFile];

  it.each(['-tls1_2', '-tls1_3'])(
    'accepts records from openssl s_client %s, and has its name',
    async (version) => {
      await using receiving = await startCollector({ listen, tls: aggregator });
      const command = client(receiving.address.port, ...shown(), version);
      await using _program = new Program(command, { input: firstMessages() });
      await until('the records', () => receiving.flows.length === 2);
      expect(receiving.collector.records.toJSON()).toMatchObject({ received: 2, sent: 2, dropped: {} });
      expect(receiving.collector.messages.events.size).toBe(0);
    },
  );

  it('informs openssl s_client without a certificate that it needs one', async () => {
    await using receiving = await startCollector({ listen, tls: aggregator });
    await using program = new Program(client(receiving.address.port), { input: firstMessages() });
    await program.ended;
    expect(program.stdout).toBe('weir: refused: client certificate missing\n');
    expect(receiving.collector.messages.toJSON()).toMatchObject({
      received: 0,
      events: { 'certificate missing': 1 },
    });
    expect(receiving.lines.at(-1)).toMatch(/127\.0\.0\.1:\d+: no session: client certificate missing/);
  });

  it('reports that openssl s_client refuses the certificate of the collector', async () => {
    const stranger = new TestAuthority(directory.path, 'strange-ca');
    await using receiving = await startCollector({ listen, tls: aggregator });
    const command = client(receiving.address.port, ...shown(), '-CAfile', stranger.caFile);
    await using program = new Program(command, { input: firstMessages() });
    expect((await program.ended).code).not.toBe(0);
    await until('the event', () => receiving.collector.messages.events.get('certificate refused') === 1);
    expect(receiving.lines.at(-1)).toMatch(
      /the other end refuses the certificate of localhost, signed by "test-ca": unknown authority "test-ca"/,
    );
  });

  /** Its standard input stays open: it would end the session at the end of that. */
  const server = (port: number, ...more: string[]) => [
    ...['sh', '-c', 'mkfifo "$0" && exec "$@" <>"$0"', directory.file(`input-${port}`)],
    ...['openssl', 's_server', '-accept', `127.0.0.1:${port}`, '-cert', aggregator.certFile],
    ...['-key', aggregator.keyFile, '-CAfile', aggregator.caFile, '-Verify', '2', '-verify_return_error'],
    ...['-quiet', ...more],
  ];

  it.each(['-tls1_2', '-tls1_3'])(
    'sends records to openssl s_server %s with mutual authentication',
    async (version) => {
      const port = await freePort();
      let octets = 0;
      const onStdout = (text: string) => {
        octets += text.length;
      };
      await using program = new Program(server(port, version, '-naccept', '100'), { onStdout });
      await using sending = await startExporter(
        { protocol: 'tls', host: '127.0.0.1', port },
        { tls: agent, reconnectMs: soon },
      );
      sending.exporter.send(batchOf(flows(100)));
      await until('the octets', () => octets > 1_000);
      expect(sending.exporter.account.toJSON()).toMatchObject({ received: 100, sent: 100, held: 0 });
      expect(program.running).toBe(true);
    },
  );

  it.each(['-tls1_2', '-tls1_3'])(
    'counts no record as sent when openssl s_server %s refuses the session',
    async (version) => {
      const stranger = new TestAuthority(directory.path, 'strange-ca');
      const port = await freePort();
      const strange = { ...stranger.settings('stranger', { names: ['DNS:stranger'] }), caFile: agent.caFile };
      await using _program = new Program(server(port, version, '-naccept', '100'), { onStdout: () => {} });
      await using sending = await startExporter(
        { protocol: 'tls', host: '127.0.0.1', port },
        { tls: strange, reconnectMs: soon },
      );
      sending.exporter.send(batchOf(flows(10)));
      await until(
        'two refusals',
        () => (sending.exporter.account.events.get('certificate refused') ?? 0) >= 2,
      );
      expect(sending.lines.filter((line) => line.includes(' warn ')).at(-1)).toMatch(
        /the other end refuses the certificate of stranger, signed by "strange-ca": unknown authority "strange-ca"/,
      );
      expect(sending.exporter.account.toJSON()).toMatchObject({ received: 10, sent: 0, held: 10 });
    },
  );

  it('opens a session with a Node server that sends no ticket', async () => {
    const read = (file: string) => readFileSync(file);
    let octets = 0;
    const other = createServer({
      ca: read(aggregator.caFile),
      cert: read(aggregator.certFile),
      key: read(aggregator.keyFile),
      requestCert: true,
      rejectUnauthorized: true,
    });
    other.on('secureConnection', (socket) =>
      socket.on('data', (chunk) => {
        octets += chunk.length;
      }),
    );
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    await using sending = await startExporter({ protocol: 'tls', host: '127.0.0.1', port }, { tls: agent });
    sending.exporter.send(batchOf(flows(10)));
    await until('the records', () => sending.exporter.account.sent === 10 && octets > 100);
    await sending.exporter.stop(1_000);
    await new Promise((resolve) => other.close(resolve));
  });

  it('ends silent clients, which block no others', async () => {
    const clock = new FakeClock(Date.now());
    await using receiving = await startCollector({ listen, tls: aggregator, clock });
    const { host, port } = receiving.address;
    const silent = Array.from({ length: 300 }, () =>
      connectTcp({ host, port })
        .on('error', () => {})
        .resume(),
    );
    await until('all', () => silent.every(({ readyState }) => readyState === 'open'));
    await using sending = await startExporter(receiving.address, { tls: agent });
    sending.exporter.send(batchOf(flows(5)));
    await until('the records', () => receiving.flows.length === 5);
    clock.advance(11_000);
    await until('their end', () => silent.every(({ destroyed }) => destroyed));
    expect(receiving.collector.messages.events.get('handshake timed out')).toBe(300);
    expect(receiving.collector.sessions).toBe(1);
  });

  it('loses no record while certificates are renewed under load', async () => {
    const ends = [
      authority.settings('aggregator-2'),
      authority.settings('agent-2', { names: ['DNS:node-a'] }),
    ];
    const [collectingEnd, exportingEnd] = ends as [TlsSettings, TlsSettings];
    await using receiving = await startCollector({ listen, tls: collectingEnd });
    await using sending = await startExporter(receiving.address, { tls: exportingEnd, reconnectMs: soon });
    const serial = async () => {
      const { host, port } = receiving.address;
      const read = (file: string) => readFileSync(file);
      const socket = connectTls({
        host,
        port,
        ca: read(agent.caFile),
        cert: read(agent.certFile),
        key: read(agent.keyFile),
      });
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      const { serialNumber } = socket.getPeerX509Certificate()!;
      socket.destroy();
      return serialNumber;
    };
    const first = await serial();
    let sent = 0;
    const load = setInterval(() => {
      sending.exporter.send(batchOf(flows(100, sent + 1)));
      sent += 100;
    }, 10);
    for (const end of ends)
      install(authority.issue(`next-${ends.indexOf(end)}`, { names: ['DNS:node-b', 'IP:127.0.0.1'] }), end);
    await until('the new certificate', async () => (await serial()) !== first);
    const { collector } = receiving;
    const { events } = sending.exporter.account;
    await until('its own', () => events.get('certificates renewed') === 1);
    await until('many records', () => receiving.flows.length > 2_000);
    await collector.stop(2_000);
    await using again = await startCollector({ listen: [receiving.address], tls: collectingEnd });
    await until('the next session', () => again.collector.exporters()[0]?.peerName === 'node-b');
    clearInterval(load);
    await until('the last', () => sending.exporter.account.held === 0 && again.flows.at(-1)?.flowId === sent);
    const ids = [...receiving.flows, ...again.flows].map(({ flowId }) => Number(flowId));
    expect(ids).toEqual(Array.from({ length: sent }, (_, index) => index + 1));
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: sent, sent, dropped: {} });
  });

  it('serves 200 exporters simultaneously', async () => {
    await using receiving = await startCollector({ listen, tls: aggregator });
    const started = await Promise.all(
      Array.from({ length: 200 }, () => startExporter(receiving.address, { tls: agent })),
    );
    for (const [index, { exporter }] of started.entries()) exporter.send(batchOf(flows(10, index * 10 + 1)));
    await until('all records', () => receiving.flows.length === 2_000);
    expect(receiving.collector.sessions).toBe(200);
    expect(receiving.collector.messages.events.size).toBe(0);
    await Promise.all(started.map(({ exporter }) => exporter.stop(5_000)));
    const totals = started.map(({ exporter }) => exporter.account.toJSON());
    for (const total of totals)
      expect(total).toMatchObject({ received: 10, sent: 10, dropped: {}, held: 0, events: {} });
  });
});
