import { copyFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import type { TlsSettings } from '../../src/tls/index.ts';
import { startCollector, startExporter } from '../support/ipfix.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { install, TestAuthority } from '../support/test-authority.ts';
import { until } from '../support/until.ts';

const soon = { least: 20, greatest: 50 };

requires('openssl')('a collector under load', () => {
  let directory: TemporaryDirectory;
  let authority: TestAuthority;
  let aggregator: TlsSettings;

  beforeAll(() => {
    directory = new TemporaryDirectory();
    authority = new TestAuthority(directory.path);
    aggregator = authority.settings('aggregator');
  });
  afterAll(() => directory[Symbol.dispose]());

  /** An exporter that sends records with these numbers, ten at a time, until it is stopped. */
  async function startLoad(address: Parameters<typeof startExporter>[0], tls: TlsSettings, from: number) {
    const sending = await startExporter(address, { tls, reconnectMs: soon });
    let sent = 0;
    const load = setInterval(() => {
      const numbers = Array.from({ length: 10 }, () => from + sent++);
      sending.exporter.send(batchOf(numbers.map((flowId) => ({ sourceIP: '10.0.0.1', flowId }))));
    }, 5);
    return {
      ...sending,
      stop: () => clearInterval(load),
      get sent() {
        return sent;
      },
    };
  }

  it.each(['tls', 'dtls'] as const)(
    'over %s ends the session of a client that is revoked, and the others go on',
    async (protocol) => {
      const [good, bad] = ['good', 'bad'].map((name) =>
        authority.settings(`${name}-${protocol}`, { names: [`DNS:node-${name}`] }),
      ) as [TlsSettings, TlsSettings];
      const crlFile = directory.file(`${protocol}.crl`);
      copyFileSync(authority.revoke(), crlFile);
      const listen = [{ protocol, host: '127.0.0.1', port: 0 }];
      await using receiving = await startCollector({ listen, tls: { ...aggregator, crlFile } });
      await using other = await startLoad(receiving.address, good, 1);
      await using revoked = await startLoad(receiving.address, bad, 1_000_001);
      // Weir looks at its files when somebody knocks, and else every ten seconds.
      const stranger = new TestAuthority(directory.path, `strange-${protocol}`).settings('stranger');
      const knocking = { tls: { ...stranger, caFile: authority.caFile }, reconnectMs: soon };
      await using _knocking = await startExporter(receiving.address, knocking);
      const { collector, flows } = receiving;
      const peers = () => collector.exporters().map(({ peerName }) => peerName);
      await until('both', () => flows.length > 100 && new Set(peers()).size === 2);
      copyFileSync(authority.revoke(bad), crlFile);
      const { events } = collector.messages;
      await until('the refusal', () => (events.get('certificate revoked') ?? 0) > 1);
      expect(receiving.lines.join('\n')).toMatch(/no session: the certificate of node-bad is revoked/);
      expect(revoked.lines.join('\n')).toMatch(/(refuses this process: .*|: it) is revoked/);
      revoked.stop();
      const before = other.sent;
      await until('more of the other', () => flows.some(({ flowId }) => Number(flowId) === before + 100));
      other.stop();
      await until('its last', () => other.exporter.account.held === 0 && flows.at(-1)?.flowId === other.sent);
      expect(peers()).toEqual(['node-good']);
      if (protocol === 'dtls') return; // a datagram on its way to the session that ended is lost, and counted
      const ids = flows.flatMap(({ flowId }) => (Number(flowId) <= other.sent ? [Number(flowId)] : []));
      expect(ids).toEqual(Array.from({ length: other.sent }, (_, index) => index + 1));
    },
    90_000,
  );

  it.each(['tls', 'dtls'] as const)(
    'over %s keeps its certificate when the new one has expired, and loses nothing',
    async (protocol) => {
      const own = authority.settings(`own-${protocol}`);
      const listen = [{ protocol, host: '127.0.0.1', port: 0 }];
      await using receiving = await startCollector({ listen, tls: own });
      const agent = authority.settings(`agent-${protocol}`, { names: ['DNS:node-a'] });
      await using sending = await startLoad(receiving.address, agent, 1);
      install(authority.issue(`old-${protocol}`, { fromDay: -3, toDay: -2 }), own);
      const { events } = receiving.collector.messages;
      await until('the refusal', () => events.get('new certificates refused') === 1);
      await using late = await startLoad(receiving.address, agent, 1_000_001);
      await until('a session after it', () => receiving.flows.some(({ flowId }) => flowId === 1_000_010));
      sending.stop();
      late.stop();
      await until('all', () => receiving.flows.length === sending.sent + late.sent);
      expect(receiving.collector.exporters().every(({ lost }) => lost === 0)).toBe(true);
    },
    90_000,
  );
});
