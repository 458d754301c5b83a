import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { weirCommand } from '../cli/weir.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { twoNodes } from '../support/topology.ts';
import { until } from '../support/until.ts';

const server = `
  import { createServer } from 'node:net';
  createServer((socket) => socket.resume().on('end', () => socket.end())).listen(8080, '::', () => console.log('ready'));
`;
const client = (address: string) => `
  import { connect } from 'node:net';
  connect(8080, '${address}').resume().end('x'.repeat(100_000));
`;

requires('namespaces', 'nft')('weir agent on two hosts and weir aggregator on a third', () => {
  it('report one record for each connection seen by both agents, with balanced ledgers', async () => {
    using directory = new TemporaryDirectory();
    await using nodes = await twoNodes();
    const { a, b, aggregator: third, aggregatorAddress } = nodes;
    const file = (name: string, text: string) => {
      writeFileSync(directory.file(name), text);
      return directory.file(name);
    };
    const lines = directory.file('flows.jsonl');
    const aggregatorFile = file(
      'aggregator.yaml',
      `aggregatorTransportProtocol: tcp
activeFlowRecordTimeout: 1s
weir:
  http: { listen: "127.0.0.1:10349" }
  sinks: [{ jsonLines: { path: ${lines} } }]
`,
    );
    const agentFile = (name: string) =>
      file(
        `${name}.yaml`,
        `flowExporter:
  flowCollectorAddr: "${aggregatorAddress.v4}:4739:tcp"
  flowPollInterval: 1s
  activeFlowExportTimeout: 1s
weir:
  nodeName: ${name}
  track: true
  clusterNetworks: [10.10.0.0/16, "fd10::/16"]
  nodeNetworks: [${name === 'node-a' ? '10.10.1.0/24, "fd10:1::/64"' : '10.10.2.0/24, "fd10:2::/64"'}]
`,
      );

    await using aggregator = third.start(weirCommand('aggregator', '--config', aggregatorFile));
    await aggregator.says(/listens on tcp/);
    await using agentA = a.node.start(weirCommand('agent', '--config', agentFile('node-a')));
    await using agentB = b.node.start(weirCommand('agent', '--config', agentFile('node-b')));
    for (const agent of [agentA, agentB]) {
      await agent.says(/connected to/);
      await agent.says(/turned connection tracking on/);
    }
    await using web = b.client.start([process.execPath, '--input-type=module', '--eval', server]);
    await web.says(/ready/);
    for (const address of [b.clientAddress.v4, b.clientAddress.v6]) await a.client.runSource(client(address));

    const records = () =>
      readFileSync(lines, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    for (const [source, destination] of [
      [a.clientAddress.v4, b.clientAddress.v4],
      [a.clientAddress.v6, b.clientAddress.v6],
    ]) {
      const record = await until(`the end of the connection to ${destination}`, () =>
        records().findLast(
          ({
            destinationIP,
            flowEndReason,
            octetTotalCountFromSourceNode,
            octetTotalCountFromDestinationNode,
          }) =>
            destinationIP === destination &&
            flowEndReason === 'EndOfFlow' &&
            octetTotalCountFromSourceNode === octetTotalCountFromDestinationNode,
        ),
      );
      expect(record).toMatchObject({
        sourceIP: source,
        destinationTransportPort: 8080,
        sourceNodeName: 'node-a',
        destinationNodeName: 'node-b',
        flowType: 'InterNode',
      });
      expect(record.octetTotalCount).toBeGreaterThan(100_000);
    }

    const shown = await third.run(
      weirCommand('flows', '--node', 'node-b', '--dst', b.clientAddress.v4, '-o', 'json'),
    );
    expect(shown).toContain('"sourceNodeName":"node-a"');

    for (const program of [agentA, agentB, aggregator]) {
      const { code, stderr } = await program.stop();
      expect(code, stderr).toBe(0);
      expect(stderr, String(program)).not.toMatch(/ NO( |$)/m);
    }
  });
});
