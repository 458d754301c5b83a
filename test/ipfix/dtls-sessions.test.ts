import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import type { TlsSettings } from '../../src/tls/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startCollector, startExporter } from '../support/ipfix.ts';
import { type Fate, LossyRelay } from '../support/lossy-relay.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { install, TestAuthority } from '../support/test-authority.ts';
import { until } from '../support/until.ts';

const APPLICATION_DATA = 23;
const flows = (count: number, from = 1): FlowRecord[] =>
  Array.from({ length: count }, (_, index) => ({ sourceIP: '10.0.0.1', flowId: from + index }));
const dtls = (host = '127.0.0.1', port = 0) => [{ protocol: 'dtls' as const, host, port }];
const soon = { least: 20, greatest: 50 };

requires('openssl')('a session over DTLS', () => {
  let directory: TemporaryDirectory;
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let aggregator: TlsSettings;
  let agent: TlsSettings;

  beforeAll(() => {
    directory = new TemporaryDirectory();
    authority = new TestAuthority(directory.path);
    stranger = new TestAuthority(directory.path, 'strange-ca');
    aggregator = authority.settings('aggregator');
    agent = authority.settings('agent', { names: ['DNS:node-a'] });
  });
  afterAll(() => directory[Symbol.dispose]());

  it.each(['127.0.0.1', '::1'])('has the name of its peer, at %s', async (host) => {
    await using receiving = await startCollector({ listen: dtls(host), tls: aggregator });
    await using sending = await startExporter(receiving.address, { tls: agent });
    sending.exporter.send(batchOf(flows(3)));
    await until('the records', () => receiving.flows.length === 3);
    expect(receiving.collector.exporters()).toMatchObject([{ protocol: 'dtls', peerName: 'node-a' }]);
  });

  it('uses the configured cipher suites, and none of TLS 1.3', async () => {
    const cipherSuites = ['TLS_AES_256_GCM_SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'];
    await using receiving = await startCollector({ listen: dtls(), tls: { ...aggregator, cipherSuites } });
    await using sending = await startExporter(receiving.address, { tls: agent });
    sending.exporter.send(batchOf(flows(1)));
    await until('the record', () => receiving.flows.length === 1);
    const only13 = startCollector({ listen: dtls(), tls: { ...aggregator, minVersion: 'VersionTLS13' } });
    await expect(only13).rejects.toThrow('minVersion is VersionTLS13, and OpenSSL has DTLS 1.2 only');
  });

  interface Refusal {
    readonly collecting?: Partial<TlsSettings>;
    readonly exporting?: TlsSettings;
    /** How each end counts it, and what it says. */
    readonly collector: [string, RegExp];
    readonly exporter: [string, RegExp];
  }
  const refusals: [string, () => Refusal][] = [
    [
      'a client whose certificate has expired',
      () => ({
        exporting: authority.settings('old-agent', { names: ['DNS:node-old'], fromDay: -9, toDay: -2 }),
        collector: ['certificate expired', /the certificate of node-old has expired since \d{4}-/],
        exporter: [
          'certificate refused',
          /refuses the certificate of node-old, .*: it has expired since \d{4}-/,
        ],
      }),
    ],
    [
      'a client whose certificate is revoked',
      () => {
        const exporting = authority.settings('bad-agent', { names: ['DNS:node-bad'] });
        return {
          exporting,
          collecting: { crlFile: authority.revoke(exporting) },
          collector: ['certificate revoked', /no session: the certificate of node-bad is revoked/],
          exporter: ['certificate refused', /refuses the certificate of node-bad, .*: it is revoked/],
        };
      },
    ],
    [
      'a client of an unknown authority',
      () => ({
        exporting: { ...stranger.settings('stranger', { names: ['DNS:stranger'] }), caFile: agent.caFile },
        collector: [
          'unknown authority',
          /unknown authority: "strange-ca" signed the certificate of stranger/,
        ],
        exporter: ['certificate refused', /refuses the certificate of stranger, .*: unknown authority/],
      }),
    ],
    [
      'a client that is not allowed',
      () => ({
        collecting: { allowedClients: ['node-b'] },
        collector: ['client not allowed', /client not allowed: allowedClients has none of node-a/],
        exporter: ['certificate refused', /refuses this process: client not allowed: .* none of node-a/],
      }),
    ],
    [
      'a collector whose certificate is revoked',
      () => {
        const collecting = authority.settings('bad-aggregator');
        return {
          collecting,
          exporting: { ...agent, crlFile: authority.revoke(collecting) },
          collector: [
            'certificate refused',
            /the other end refuses the certificate of localhost, .*: it is revoked/,
          ],
          exporter: ['certificate revoked', /the certificate of localhost is revoked/],
        };
      },
    ],
    [
      'a client without a certificate',
      () => ({
        exporting: {
          ...agent,
          certFile: directory.file('none.crt'),
          keyFile: directory.file('none.key'),
          isCertificateOptional: true,
        },
        collector: ['certificate missing', /no session: client certificate missing/],
        exporter: [
          'certificate missing',
          /wants a certificate: this end shows none, because certFile is not/,
        ],
      }),
    ],
    [
      'a collector with another name',
      () => ({
        exporting: { ...agent, serverName: 'other.example.org' },
        collector: ['certificate refused', /refuses the certificate of localhost, .*: alert bad certificate/],
        exporter: ['wrong name', /the certificate has localhost, .*, wanted other\.example\.org/],
      }),
    ],
  ];

  it.each(refusals)('is refused with a reason at both ends, logged once: %s', async (_, refusal) => {
    const { collecting, exporting = agent, collector, exporter } = refusal();
    await using receiving = await startCollector({ listen: dtls(), tls: { ...aggregator, ...collecting } });
    await using sending = await startExporter(receiving.address, { tls: exporting, reconnectMs: soon });
    sending.exporter.send(batchOf(flows(10)));
    const { events } = sending.exporter.account;
    await until('two attempts', () => (events.get(exporter[0]) ?? 0) >= 2);
    await until('their traces', () => (receiving.collector.messages.events.get(collector[0]) ?? 0) >= 2);
    expect([...events.keys()]).toEqual([exporter[0]]);
    expect([...receiving.collector.messages.events.keys()]).toEqual([collector[0]]);
    const said = (lines: string[], text: RegExp) => lines.filter((line) => text.test(line));
    expect(said(receiving.lines, collector[1]), receiving.lines.join('\n')).toHaveLength(1);
    expect(said(sending.lines, exporter[1]), sending.lines.join('\n')).toHaveLength(1);
    expect(sending.exporter.account.toJSON()).toMatchObject({
      received: 10,
      sent: 0,
      held: 10,
      closed: true,
    });
    expect([receiving.flows, receiving.collector.sessions]).toEqual([[], 0]);
  });

  it('is not established with a collector over UDP, which reports what is wrong', async () => {
    const listen = [{ protocol: 'udp' as const, host: '127.0.0.1', port: 0 }];
    await using receiving = await startCollector({ listen });
    const address = { ...receiving.address, protocol: 'dtls' as const };
    await using _sending = await startExporter(address, { tls: agent });
    await until('the report', () => receiving.collector.messages.dropped.get('not-a-message') !== undefined);
    expect(receiving.lines.join('\n')).toMatch(
      /it speaks DTLS: listen on dtls:\/\/ here, or send over udp there/,
    );
  });

  it('continues while certificates are renewed, and new sessions use the new certificate', async () => {
    const [collecting, first] = [authority.settings('renewed'), authority.settings('renewed-agent')];
    await using receiving = await startCollector({ listen: dtls(), tls: collecting });
    await using sending = await startExporter(receiving.address, { tls: first });
    sending.exporter.send(batchOf(flows(5)));
    await until('the first records', () => receiving.flows.length === 5);
    install(authority.issue('next', { names: ['DNS:new.example.org'] }), collecting);
    const toNew = {
      tls: { ...agent, serverName: 'new.example.org' },
      reconnectMs: { least: 500, greatest: 500 },
    };
    await using other = await startExporter(receiving.address, toNew);
    other.exporter.send(batchOf(flows(5, 11)));
    await until('records to the new certificate', () => receiving.flows.length === 10);
    sending.exporter.send(batchOf(flows(5, 6)));
    await until('all records', () => receiving.flows.length === 15);
    expect(receiving.collector.messages.events.get('certificates renewed')).toBe(1);
    expect(sending.exporter.account.toJSON()).toMatchObject({ sent: 10, events: {}, held: 0 });
    expect(receiving.collector.records.toJSON()).toMatchObject({ received: 15, sent: 15, dropped: {} });
  });

  it('loses exactly the datagrams that the network loses, and the collector counts them', async () => {
    await using receiving = await startCollector({ listen: dtls(), tls: aggregator });
    let helloes = 0;
    let number = 0;
    const lost: number[] = [];
    const fateOf = (datagram: Uint8Array): Fate => {
      // Of the handshake, the second hello is lost and everything else repeated.
      if (datagram[0] !== APPLICATION_DATA) return ++helloes === 2 ? 'lost' : 'repeated';
      // The templates and the first record arrive, and so does the last one, which shows the end.
      if (receiving.flows.length === 0 || ++number > 400) return 'carried';
      const turn = number % 20;
      if (turn === 0) lost.push(number);
      return turn === 0 ? 'lost' : turn === 5 ? 'repeated' : turn === 10 ? 'late' : 'carried';
    };
    await using relay = await LossyRelay.start(receiving.address.port, fateOf);
    // It stands still once there is a session: templates that are sent again could be lost, too.
    const clock = new FakeClock();
    const address = { ...receiving.address, port: relay.port };
    await using sending = await startExporter(address, { tls: agent, clock });
    sending.exporter.send(batchOf(flows(1)));
    await until('the session', () => receiving.flows.length === 1 || clock.advance(100));
    for (let sent = 1; number <= 400; sent++) {
      sending.exporter.send(batchOf(flows(1, 1 + sent)));
      await until('its way', () => sending.exporter.account.sent === sent + 1, { everyMs: 1 });
    }
    const { sent } = sending.exporter.account;
    await until('the last record', () => receiving.flows.some(({ flowId }) => flowId === sent));
    const { collector, lines } = receiving;
    const arrived = new Set(receiving.flows.map(({ flowId }) => flowId));
    const story = JSON.stringify({
      datagrams: { handshake: helloes, data: number, lost },
      missing: flows(sent).flatMap(({ flowId }) => (arrived.has(flowId) ? [] : [flowId])),
      collector: [collector.messages.toJSON(), collector.records.toJSON(), ...lines],
      exporter: [sending.exporter.account.toJSON(), ...sending.lines],
    });
    expect(receiving.flows.length, story).toBe(sent - 20);
    expect(collector.exporters(), story).toMatchObject([{ records: sent - 20, lost: 20 }]);
    expect(collector.messages.events.get('DTLS datagrams repeated or not authentic'), story).toBeGreaterThan(
      10,
    );
  });

  it('restarts immediately after the collector was killed and restarted', async () => {
    await using receiving = await startCollector({ listen: dtls(), tls: aggregator });
    let isCut = false;
    await using relay = await LossyRelay.start(receiving.address.port, () => (isCut ? 'lost' : 'carried'));
    await using sending = await startExporter(
      { ...receiving.address, port: relay.port },
      { tls: agent, reconnectMs: soon },
    );
    sending.exporter.send(batchOf(flows(5)));
    await until('the first records', () => receiving.flows.length === 5);
    isCut = true; // the sender does not hear of the end, as when a host loses its power
    const { port } = receiving.address;
    await receiving.collector.stop(0);
    await using back = await startCollector({ listen: dtls('127.0.0.1', port), tls: aggregator });
    isCut = false;
    let next = 6;
    await until('new records', () => {
      sending.exporter.send(batchOf(flows(1, next++)));
      return back.flows.length > 0;
    });
    expect(back.collector.messages.dropped.get('no DTLS session')).toBeGreaterThan(0);
    const { account } = sending.exporter;
    await until('the rest', () => account.held === 0);
    expect(account.events.get('unconfirmed')).toBeGreaterThan(0);
  });

  it('survives forged datagrams, which use no session and no memory', async () => {
    await using receiving = await startCollector({ listen: dtls(), tls: aggregator });
    await using sending = await startExporter(receiving.address, { tls: agent });
    sending.exporter.send(batchOf(flows(5)));
    await until('the records', () => receiving.flows.length === 5);
    const socket = createSocket('udp4');
    const junk = [
      Buffer.from('no DTLS'),
      Buffer.from([23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 40, ...Buffer.alloc(40)]),
    ];
    for (const datagram of junk) {
      for (let count = 0; count < 20; count++) socket.send(datagram, receiving.address.port, '127.0.0.1');
    }
    const { dropped } = receiving.collector.messages;
    await until('them all', () => dropped.get('not DTLS') === 20 && dropped.get('no DTLS session') === 20);
    socket.close();
    sending.exporter.send(batchOf(flows(5, 6)));
    await until('more records', () => receiving.flows.length === 10);
    expect(receiving.collector.sessions).toBe(1);
    expect(receiving.ledger.isClosed).toBe(true);
  });
});
