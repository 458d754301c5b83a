import { cpSync } from 'node:fs';
import { expect, it } from 'vitest';
import { TakenBlocks } from '../support/document-blocks.ts';
import { guidedHost } from '../support/guided-host.ts';
import { connect } from '../support/namespace.ts';
import { requires } from '../support/requires.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';

const blocks = new TakenBlocks();
const readme = 'README.md';
const certificates = blocks.take(readme, 'sudo weir certs').text.trim().split('\n');
const [makeFile, runAggregator] = blocks.take(readme, 'touch aggregator.yaml').text.split('\n');
const agentFile = blocks.take(readme, '# agent.yaml').text;
const runAgent = blocks.take(readme, 'sudo weir agent');

/** The default files. */
const tlsOf = (holder: string) =>
  `tls: { caFile: /etc/weir/certs/ca.crt, certFile: /etc/weir/certs/${holder}.crt, keyFile: /etc/weir/certs/${holder}.key }`;

requires('namespaces', 'nft')('the two hosts of the README', () => {
  it('are secured by three commands, and the flow of one shows on the other', async () => {
    await using collector = await guidedHost('collector');
    await using node = await guidedHost('node-1');
    await connect(
      { namespace: collector.namespace, device: 'eth0', addresses: ['192.0.2.10/24'] },
      { namespace: node.namespace, device: 'eth0', addresses: ['192.0.2.11/24'] },
    );
    expect(certificates).toHaveLength(3);
    const place = '--dir /etc/weir/certs'; // the default, in the folder that stands for it here
    for (const command of certificates.slice(0, 2)) await collector.runText(`${command} ${place}`);
    expect(certificates[2]).toBe('sudo scp -r node-1/. root@node-1:/etc/weir/certs');
    cpSync(collector.file('node-1'), node.file('etc/weir/certs'), { recursive: true });

    await collector.runText(makeFile!);
    collector.write('aggregator.yaml', tlsOf('aggregator'));
    const aggregator = collector.startText(runAggregator!);
    await aggregator.says(/weir: ready/);
    node.write('agent.yaml', agentFile.replace('192.0.2.10 }', `192.0.2.10, ${tlsOf('agent')} }`));
    const agent = node.start(runAgent);
    await agent.says(/connected to 192\.0\.2\.10:4739:tls/);
    await aggregator.says(/session with 192\.0\.2\.11:\d+ \(node-1\) over TLSv1\.3/);

    await startTcpServer(collector.namespace, { port: 8080 });
    // On a busy machine the agent may be connected some time before it watches connections.
    const flowsOfExchange = async () => {
      await exchangeTcp(node.namespace, { host: '192.0.2.10', port: 8080, octets: 2000 });
      return await collector.runText('weir flows');
    };
    const isThere = async () => /192\.0\.2\.11:\d+ +192\.0\.2\.10:/.test(await flowsOfExchange());
    await until('the flow', isThere, { everyMs: 500 });
  });
});
