import { readFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import type { TlsSettings } from '../../src/tls/index.ts';
import { startCollector, startExporter, type TestCollector } from '../support/ipfix.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { TestAuthority } from '../support/test-authority.ts';
import { until } from '../support/until.ts';

const flows = (count: number, from = 1): FlowRecord[] =>
  Array.from({ length: count }, (_, index) => ({ sourceIP: '10.0.0.1', flowId: from + index }));
const tls = (host = '127.0.0.1') => [{ protocol: 'tls' as const, host, port: 0 }];
const soon = { least: 20, greatest: 50 };

requires('openssl')('a session over TLS', () => {
  let directory: TemporaryDirectory;
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let aggregator: TlsSettings;
  let agent: TlsSettings;

  beforeAll(() => {
    directory = new TemporaryDirectory();
    authority = new TestAuthority(directory.path);
    stranger = new TestAuthority(directory.path, 'strange-ca');
    aggregator = authority.settings('aggregator', { names: ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1'] });
    agent = authority.settings('agent', { names: ['DNS:node-a', 'IP:10.0.0.1'] });
  });
  afterAll(() => directory[Symbol.dispose]());

  it.each([
    ['127.0.0.1', 'VersionTLS12'],
    ['::1', 'VersionTLS12'],
    ['127.0.0.1', 'VersionTLS13'],
  ] as const)('has the name of its peer: %s, at least %s', async (host, minVersion) => {
    await using receiving = await startCollector({ listen: tls(host), tls: { ...aggregator, minVersion } });
    await using sending = await startExporter(receiving.address, { tls: agent });
    sending.exporter.send(batchOf(flows(3)));
    await until('the records', () => receiving.flows.length === 3);
    expect(receiving.collector.exporters()).toMatchObject([{ protocol: 'tls', peerName: 'node-a' }]);
    expect(receiving.collector.readings.exporters).toMatchObject([{ peerName: 'node-a', lost: 0 }]);
    expect(receiving.collector.records.toJSON().peers).toMatchObject([{ peerName: 'node-a', records: 3 }]);
    expect(receiving.collector.readings.certificateExpiryMs).toBeGreaterThan(Date.now());
    expect(sending.exporter.certificateExpiryMs).toBeGreaterThan(Date.now());
    expect(receiving.lines.at(-1)).toMatch(/session with \S+:\d+ \(node-a\) over TLSv1\.3/);
  });

  it.each([
    ['tcp', true],
    ['tls', false],
  ] as const)('counts with its memory: 300 KB hold five over %s: %s', async (protocol, areHeld) => {
    const listen = [{ protocol, host: '127.0.0.1', port: 0 }];
    await using receiving = await startCollector({ listen, tls: aggregator, maxSessionOctets: 300 * 1024 });
    const { collector } = receiving;
    await using stack = new AsyncDisposableStack();
    for (let number = 1; number <= 5; number++) {
      const options = { tls: agent, reconnectMs: { least: 60_000, greatest: 60_000 } };
      const { exporter } = stack.use(await startExporter(receiving.address, options));
      exporter.send(batchOf(flows(1)));
      await until('the record', () => exporter.account.sent === 1 && receiving.flows.length === number);
    }
    expect(collector.sessions === 5).toBe(areHeld);
    expect(collector.messages.events.get('sessions gave way') ?? 0).toBe(5 - collector.sessions);
  });

  it('uses TLS 1.2 if one end has no other, and a common cipher suite', async () => {
    const cipherSuites = ['ECDHE-ECDSA-AES256-GCM-SHA384'];
    await using receiving = await startCollector({ listen: tls(), tls: { ...aggregator, cipherSuites } });
    await using sending = await startExporter(receiving.address, { tls: agent });
    sending.exporter.send(batchOf(flows(1)));
    await until('the record', () => receiving.flows.length === 1);
  });

  interface Refusal {
    readonly collecting?: Partial<TlsSettings>;
    readonly exporting?: TlsSettings;
    /** What the collector and the exporter say, and how they count it. */
    readonly collector: [string, RegExp];
    readonly exporter: [string, RegExp];
  }
  const refusals: [string, () => Refusal][] = [
    [
      'a client whose certificate has expired',
      () => ({
        exporting: authority.settings('old-agent', { names: ['DNS:node-old'], fromDay: -9, toDay: -2 }),
        collector: [
          'certificate expired',
          /127\.0\.0\.1:\d+: no session: the certificate of node-old has expired since \d{4}-/,
        ],
        exporter: [
          'certificate refused',
          /the collector refuses this process: the certificate of node-old has expired since \d{4}-/,
        ],
      }),
    ],
    [
      'a client whose certificate is not valid yet',
      () => ({
        exporting: authority.settings('early-agent', { names: ['DNS:node-early'], fromDay: 2, toDay: 9 }),
        collector: ['certificate not yet valid', /the certificate of node-early is not valid before \d{4}-/],
        exporter: [
          'certificate refused',
          /refuses this process: the certificate of node-early is not valid before \d{4}-/,
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
          exporter: ['certificate refused', /refuses this process: the certificate of node-bad is revoked/],
        };
      },
    ],
    [
      'a client of an unknown authority',
      () => ({
        exporting: {
          ...stranger.settings('stranger', { names: ['DNS:stranger'] }),
          caFile: authority.caFile,
        },
        collector: [
          'unknown authority',
          /unknown authority: "strange-ca" signed the certificate of stranger/,
        ],
        exporter: ['certificate refused', /refuses this process: unknown authority: "strange-ca" signed/],
      }),
    ],
    [
      'a client that is not allowed',
      () => ({
        collecting: { allowedClients: ['node-b', '*.example.org'] },
        collector: [
          'client not allowed',
          /client not allowed: allowedClients has none of node-a, 10\.0\.0\.1/,
        ],
        exporter: [
          'certificate refused',
          /refuses this process: client not allowed: allowedClients has none of node-a/,
        ],
      }),
    ],
    [
      'a collector with another name',
      () => ({
        exporting: { ...agent, serverName: 'other.example.org' },
        collector: [
          'session without a message',
          /\(node-a\): it ended its session without a message; it may not accept the certificate of localhost/,
        ],
        exporter: [
          'wrong name',
          /wrong name: the certificate has localhost, 127\.0\.0\.1, 0:0:0:0:0:0:0:1, wanted other\.example\.org/i,
        ],
      }),
    ],
    [
      'a collector whose certificate is revoked',
      () => {
        const collecting = authority.settings('bad-aggregator');
        return {
          collecting,
          exporting: { ...agent, crlFile: authority.revoke(collecting) },
          collector: ['session without a message', /may not accept the certificate of localhost/],
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
        exporter: ['certificate refused', /the collector refuses this process: client certificate missing/],
      }),
    ],
    [
      'a collector of an unknown authority',
      () => ({
        exporting: { ...agent, caFile: stranger.caFile },
        collector: ['session without a message', /may not accept the certificate of localhost/],
        exporter: ['unknown authority', /unknown authority: "test-ca" signed the certificate of localhost/],
      }),
    ],
    [
      'a collector whose certificate has expired',
      () => ({
        collecting: authority.settings('old-aggregator', { fromDay: -9, toDay: -2 }),
        collector: ['session without a message', /may not accept the certificate of localhost/],
        exporter: ['certificate expired', /the certificate of localhost has expired since \d{4}-/],
      }),
    ],
    [
      'another version',
      () => ({
        collecting: { cipherSuites: ['ECDHE-ECDSA-AES128-GCM-SHA256'] },
        exporting: { ...agent, minVersion: 'VersionTLS13' },
        collector: ['no common version or cipher suite', /no session: the two ends have no version of TLS/],
        exporter: ['no common version or cipher suite', /the two ends have no version of TLS/],
      }),
    ],
  ];

  it.each(refusals)('is refused with a reason at both ends, logged once: %s', async (_, refusal) => {
    const { collecting, exporting, collector, exporter } = refusal();
    await using receiving = await startCollector({ listen: tls(), tls: { ...aggregator, ...collecting } });
    await using sending = await startExporter(receiving.address, {
      tls: exporting ?? agent,
      reconnectMs: soon,
    });
    sending.exporter.send(batchOf(flows(10)));
    const { events } = sending.exporter.account;
    await until('three attempts', () => (events.get(exporter[0]) ?? 0) >= 3);
    await until('their traces', () => (receiving.collector.messages.events.get(collector[0]) ?? 0) >= 3);
    expect([...events.keys()]).toEqual([exporter[0]]);
    expect([...receiving.collector.messages.events.keys()]).toEqual([collector[0]]);
    const said = (lines: string[], text: RegExp) => lines.filter((line) => text.test(line));
    expect(said(receiving.lines, collector[1]), receiving.lines.join('\n')).toHaveLength(1);
    expect(said(sending.lines, exporter[1]), sending.lines.join('\n')).toHaveLength(1);
    expect(receiving.lines.filter((line) => line.includes(' warn '))).toHaveLength(1);
    expect(sending.exporter.account.toJSON()).toMatchObject({
      received: 10,
      sent: 0,
      held: 10,
      closed: true,
    });
    expect(receiving.flows).toEqual([]);
  });

  it('needs no certificate of its own if it is optional and the collector asks for none', async () => {
    const [cert, key] = [aggregator.certFile, aggregator.keyFile].map((file) => readFileSync(file));
    let octets = 0;
    const other = createServer({ cert: cert!, key: key! }, (socket) =>
      socket.on('data', ({ length }) => {
        octets += length;
      }),
    );
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const none = { certFile: directory.file('none.crt'), keyFile: directory.file('none.key') };
    const settings = { ...agent, ...none, isCertificateOptional: true };
    const address = { protocol: 'tls' as const, host: '127.0.0.1', port };
    await using sending = await startExporter(address, { tls: settings });
    sending.exporter.send(batchOf(flows(10)));
    await until('the records', () => sending.exporter.account.sent === 10 && octets > 100);
    expect(sending.lines[0]).toMatch(/shows no certificate: .*none\.crt is not there/);
    expect(sending.exporter.certificateExpiryMs).toBeUndefined();
    await sending.exporter.stop(1_000);
    await new Promise((resolve) => other.close(resolve));
  });

  /** A connection that sends octets, if any, and never answers. */
  const rawClient = async (receiving: TestCollector, octets?: string): Promise<Socket> => {
    const { host, port } = receiving.address;
    const socket = connectTcp({ host, port });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve));
    if (octets !== undefined) socket.write(Buffer.from(octets, 'latin1'));
    return socket.resume();
  };

  it.each([
    ['IPFIX over TCP', `\0\n\0\x10${'\0'.repeat(12)}`],
    ['HTTP', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['noise', 'x'.repeat(100)],
  ])('is not established with %s, which is reported as no TLS', async (_, octets) => {
    await using receiving = await startCollector({ listen: tls(), tls: aggregator });
    const socket = await rawClient(receiving, octets);
    await new Promise((resolve) => socket.once('close', resolve));
    await until('the event', () => receiving.collector.messages.events.get('no TLS') === 1);
    expect(receiving.lines.at(-1)).toMatch(/127\.0\.0\.1:\d+: no session: the other end does not speak TLS/);
  });

  it('is not established with a collector over TCP, which the exporter reports', async () => {
    await using receiving = await startCollector();
    const address = { ...receiving.address, protocol: 'tls' as const };
    await using sending = await startExporter(address, { tls: agent, reconnectMs: soon });
    sending.exporter.send(batchOf(flows(1)));
    await until('an attempt that fails', () => sending.exporter.account.events.size > 0);
    expect(sending.lines.at(-1)).toMatch(
      /no connection to .*:tls: .*(does not speak TLS|left during the handshake)/,
    );
    expect(sending.exporter.account.toJSON()).toMatchObject({ sent: 0, held: 1 });
    expect(receiving.lines.join('\n')).toMatch(
      /127\.0\.0\.1:\d+: it speaks TLS: listen on tls:\/\/ here, or send over tcp there, so Weir closes/,
    );
  });
});
