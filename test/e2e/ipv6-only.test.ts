import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createNamespace } from '../support/namespace.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { startWeir, stopWeir } from '../support/weir.ts';

requires('namespaces')('a host without an address of IPv4', () => {
  it('has an agent and an aggregator that exchange records by their defaults', async () => {
    using directory = new TemporaryDirectory();
    const host = await createNamespace('six');
    await host.ip('-4', 'address', 'flush', 'dev', 'lo');
    const lines = directory.file('flows.jsonl');
    const aggregator = await startWeir(
      host,
      'aggregator',
      {
        aggregatorTransportProtocol: 'tcp',
        activeFlowRecordTimeout: '1s',
        weir: {
          http: { listen: `unix:${directory.file('run/http.sock')}` },
          metrics: { listen: '[::1]:9464' },
          sinks: [{ jsonLines: { path: lines } }],
        },
      },
      directory,
    );
    const agent = await startWeir(
      host,
      'agent',
      {
        flowExporter: { flowCollectorAddr: '[::1]:4739:tcp', flowPollInterval: '1s' },
        weir: { track: true, loopback: true, metrics: { listen: '[::1]:9465' } },
      },
      directory,
    );
    await using _server = await startTcpServer(host, { port: 5_000, replyOctets: 100 });
    await exchangeTcp(host, { host: '::1', port: 5_000, octets: 1_000, connections: 1 });
    const records = () =>
      (existsSync(lines) ? readFileSync(lines, 'utf8') : '')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    const isWanted = ({ destinationTransportPort }: Record<string, unknown>) =>
      destinationTransportPort === 5_000;
    await until('the record', () => records().some(isWanted));
    expect(records().find(isWanted)).toMatchObject({ sourceIP: '::1', destinationIP: '::1' });
    await stopWeir(agent);
    await stopWeir(aggregator);
    await host.close();
  });
});
