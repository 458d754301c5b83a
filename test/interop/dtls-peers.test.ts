import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import { FlowTemplates } from '../../src/ipfix/flow-mapping.ts';
import type { TlsSettings } from '../../src/tls/index.ts';
import { freePort } from '../support/free-port.ts';
import { message, startCollector, startExporter } from '../support/ipfix.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { TestAuthority } from '../support/test-authority.ts';
import { until } from '../support/until.ts';

const flows = (count: number, from = 1): FlowRecord[] =>
  Array.from({ length: count }, (_, index) => ({ sourceIP: '10.0.0.1', flowId: from + index }));
const listen = [{ protocol: 'dtls' as const, host: '127.0.0.1', port: 0 }];
const soon = { least: 20, greatest: 50 };

/** A template and two records in one message: openssl sends its input as one record. */
function oneMessage(): Uint8Array {
  const { template, writer } = new FlowTemplates('agent').get(256);
  return message({}, (into) => {
    into.writeTemplate(template);
    into.writeRows(writer, batchOf(flows(2)), 0, 2);
  });
}

requires('openssl')('DTLS with other programs', () => {
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
    ...['openssl', 's_client', '-dtls1_2', '-connect', `127.0.0.1:${port}`, '-CAfile', agent.caFile],
    ...['-verify_return_error', '-verify_ip', '127.0.0.1', '-quiet', ...more],
  ];
  const shown = () => ['-cert', agent.certFile, '-key', agent.keyFile];

  it('accepts records from openssl s_client, and has its name', async () => {
    await using receiving = await startCollector({ listen, tls: aggregator });
    const command = client(receiving.address.port, ...shown());
    await using _program = new Program(command, { input: oneMessage() });
    await until('the records', () => receiving.flows.length === 2);
    expect(receiving.collector.exporters()).toMatchObject([{ protocol: 'dtls', peerName: 'node-a' }]);
    expect(receiving.collector.records.toJSON()).toMatchObject({ received: 2, sent: 2, dropped: {} });
  });

  it('reports that openssl s_client has presented no certificate', async () => {
    await using receiving = await startCollector({ listen, tls: aggregator });
    await using program = new Program(client(receiving.address.port), { input: oneMessage() });
    expect((await program.ended).code).not.toBe(0);
    await until('the event', () => receiving.collector.messages.events.get('certificate missing') === 1);
    expect(receiving.lines.at(-1)).toMatch(/127\.0\.0\.1:\d+: no session: client certificate missing/);
    expect([receiving.flows, receiving.collector.sessions]).toEqual([[], 0]);
  });

  it('reports that openssl s_client refuses the certificate of the collector', async () => {
    const stranger = new TestAuthority(directory.path, 'strange-ca');
    await using receiving = await startCollector({ listen, tls: aggregator });
    const command = client(receiving.address.port, ...shown(), '-CAfile', stranger.caFile);
    await using program = new Program(command, { input: oneMessage() });
    expect((await program.ended).code).not.toBe(0);
    await until('the event', () => receiving.collector.messages.events.get('certificate refused') === 1);
    expect(receiving.lines.at(-1)).toMatch(
      /refuses the certificate of localhost, .*: unknown authority "test-ca"/,
    );
  });

  /** Its standard input stays open: it would end the session at the end of that. */
  const server = (port: number, ...more: string[]) => [
    ...['sh', '-c', 'mkfifo "$0" && exec "$@" <>"$0"', directory.file(`input-${port}`)],
    ...['openssl', 's_server', '-dtls1_2', '-listen', '-accept', `127.0.0.1:${port}`, '-quiet'],
    ...['-cert', aggregator.certFile, '-key', aggregator.keyFile, '-CAfile', aggregator.caFile],
    ...more,
  ];
  const mutual = ['-Verify', '2', '-verify_return_error'];

  it('sends records to openssl s_server with mutual authentication, and ends the session', async () => {
    const port = await freePort();
    let octets = 0;
    const onStdout = (text: string) => {
      octets += text.length;
    };
    await using program = new Program(server(port, ...mutual), { onStdout });
    const sending = await startExporter(
      { protocol: 'dtls', host: '127.0.0.1', port },
      { tls: agent, reconnectMs: soon },
    );
    sending.exporter.send(batchOf(flows(100)));
    await until('the octets', () => octets > 1_000);
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: 100, sent: 100, held: 0 });
    expect(program.running).toBe(true);
    await sending.exporter.stop(5_000);
    expect(sending.exporter.account.toJSON()).toMatchObject({ sent: 100, held: 0 });
  });

  it('counts no record as sent when openssl s_server refuses the session', async () => {
    const stranger = new TestAuthority(directory.path, 'strange-ca');
    const port = await freePort();
    const strange = { ...stranger.settings('stranger', { names: ['DNS:stranger'] }), caFile: agent.caFile };
    await using _program = new Program(server(port, ...mutual), { onStdout: () => {} });
    await using sending = await startExporter(
      { protocol: 'dtls', host: '127.0.0.1', port },
      { tls: strange, reconnectMs: soon },
    );
    sending.exporter.send(batchOf(flows(10)));
    await until('a refusal', () => (sending.exporter.account.events.get('certificate refused') ?? 0) > 0);
    expect(sending.lines.join('\n')).toMatch(
      /refuses the certificate of stranger, .*: unknown authority "strange-ca"/,
    );
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: 10, sent: 0, held: 10 });
  });

  it('sends records to openssl s_server without a certificate if that asks for none', async () => {
    const port = await freePort();
    let octets = 0;
    const onStdout = (text: string) => {
      octets += text.length;
    };
    await using _program = new Program(server(port), { onStdout });
    const none = { certFile: directory.file('none.crt'), keyFile: directory.file('none.key') };
    const tls = { ...agent, ...none, isCertificateOptional: true };
    const address = { protocol: 'dtls' as const, host: '127.0.0.1', port };
    await using sending = await startExporter(address, { tls, reconnectMs: soon });
    sending.exporter.send(batchOf(flows(100)));
    await until('the octets', () => octets > 1_000);
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: 100, sent: 100, held: 0 });
  });
});
