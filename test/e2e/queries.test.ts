import { expect, it } from 'vitest';
import type { QueryAnswer } from '../../src/query/index.ts';
import { weirCommand } from '../cli/weir.ts';
import { loadRules, readCounters } from '../support/nftables.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { loneHost } from '../support/topology.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';

const ports = [8443, 8444];

/** Counts each packet of the connections to these ports once, as it is sent. */
const rules = `table inet counting {
  counter sent {}
  counter received {}
  chain out {
    type filter hook output priority 0
    tcp dport { ${ports.join(', ')} } counter name sent
    tcp sport { ${ports.join(', ')} } counter name received
  }
}`;

requires('namespaces', 'nft')('weir query', () => {
  it("counts what the kernel's firewall counts, from the running process and from the files", async () => {
    using place = new TemporaryDirectory();
    const directory = place.file('history');
    await using host = await loneHost();
    for (const port of ports) await startTcpServer(host, { port, replyOctets: 3_000 });
    await using weir = host.start(weirCommand('up', '--history', directory));
    await weir.says(/turned connection tracking on/);
    await loadRules(host, rules);
    for (const [i, port] of ports.entries())
      await exchangeTcp(host, { host: '127.0.0.1', port, connections: 3 + i, octets: 1_000, concurrency: 1 });
    const ask = async (...source: string[]): Promise<QueryAnswer> =>
      JSON.parse(
        await host.run(
          weirCommand(
            ...['query', ...source, '--since', '1h', '--by', 'destinationPort', '-o', 'json'],
            ...['--measure', 'sentOctets,receivedOctets,sentPackets,receivedPackets,flows'],
            ...['--where', ports.map((port) => `destinationPort=${port}`).join(' or ')],
          ),
        ),
      );
    const flows = ({ totals }: QueryAnswer) => totals[4];
    await until('all flows and their ends', async () => {
      const ended = await host.run(
        weirCommand('flows', '--from', 'history', '--directory', directory, '--since', '1h', '-o', 'json'),
      );
      return (
        ended
          .split('\n')
          .filter((line) => /"destinationTransportPort":844[34].*/.test(line) && line.includes('EndOfFlow'))
          .length === 7
      );
    });
    const { sent, received } = await readCounters(host);
    const expected = [sent!.octets, received!.octets, sent!.packets, received!.packets, 7];
    const process = await ask();
    expect(process.totals).toEqual(expected);
    expect(process.groups.map(({ key, totals }) => [key[0], totals[4]])).toEqual([
      ['8444', 4],
      ['8443', 3],
    ]);
    const files = await ask('--from', 'history', '--directory', directory);
    expect([files.totals, flows(files)]).toEqual([expected, 7]);
    expect((await weir.stop('SIGINT')).code).toBe(0);
  });
});
