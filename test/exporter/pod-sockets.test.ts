import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ipv4AddressesOf, ipv6AddressesOf, readPodSockets } from '../../src/exporter/pod-sockets.ts';
import { parseAddress } from '../../src/flow/index.ts';
import { StoreUnderTest } from '../support/store-under-test.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.244.3.0
        /24 link UNICAST
     |-- 10.244.3.7
        /32 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
     |-- 10.244.3.255
        /32 link BROADCAST
`;
const inet6 = 'fd000244000000030000000000000007 04 40 00 82     eth0\n';
const tcp = `  sl  local_address rem_address   st
   0: 00000000:C350 00000000:0000 0A 00000000:00000000
   1: 0703F40A:9C40 0803F40A:C351 01 00000000:00000000
`;

const udp = `  sl  local_address rem_address   st
   0: 00000000:14E9 00000000:0000 07 00000000:00000000
   1: 00000000:9C42 00000000:0000 07 00000000:00000000
`;

/** A process of a namespace, as /proc shows it. */
function process(proc: string, pid: number, namespace: string): void {
  const folder = `${proc}/${pid}`;
  for (const name of ['ns', 'net']) mkdirSync(`${folder}/${name}`, { recursive: true });
  symlinkSync(namespace, `${folder}/ns/net`);
  writeFileSync(`${folder}/net/tcp`, tcp);
  writeFileSync(`${folder}/net/udp`, udp);
  writeFileSync(`${folder}/net/fib_trie`, trie);
  writeFileSync(`${folder}/net/if_inet6`, inet6);
}

describe('the listening sockets in the network namespaces of a host', () => {
  it('are known by the addresses of each, read once per namespace, without connections and loopback', async () => {
    using directory = new TemporaryDirectory();
    const proc = directory.file('proc');
    mkdirSync(`${proc}/self`, { recursive: true });
    for (const pid of [1, 8]) process(proc, pid, 'net:[4026532000]');
    const { sockets, namespaces, refused, isCut } = await readPodSockets(proc);
    expect({ namespaces, refused, isCut }).toEqual({ namespaces: 1, refused: 0, isCut: false });
    const portsAt = (address: string, protocol: 'tcp' | 'udp' = 'tcp') =>
      sockets.portsAt(protocol, parseAddress(address)!, 0);
    expect(portsAt('10.244.3.7')).toEqual(new Set([50_000]));
    expect(portsAt('10.244.3.7', 'udp')).toEqual(new Set([5_353, 40_002]));
    expect(portsAt('fd00:244:0:3::7')).toEqual(new Set([50_000]));
    expect(portsAt('127.0.0.1')).toBeUndefined();
    expect(portsAt('10.244.3.255')).toBeUndefined();
  });

  it('reports hidden processes', async () => {
    using directory = new TemporaryDirectory();
    const proc = directory.file('proc');
    process(proc, 7, 'net:[4026532000]');
    expect(await readPodSockets(proc)).toMatchObject({ namespaces: 1, refused: 1 });
  });

  it('have no address of another namespace', () => {
    expect(ipv4AddressesOf(trie)).toEqual(['10.244.3.7', '127.0.0.1']);
    expect(ipv6AddressesOf(inet6)).toEqual(['fd00:0244:0000:0003:0000:0000:0000:0007']);
  });

  it("show who opened a connection with a Pod, in place of the host's sockets", async () => {
    using directory = new TemporaryDirectory();
    const proc = directory.file('proc');
    process(proc, 7, 'net:[4026532000]');
    const { sockets } = await readPodSockets(proc);
    const test = new StoreUnderTest({ nodeNetworks: ['10.244.3.0/24'] });
    test.directions.sockets = { tcp: [40_001], udp: [], clientPorts: [32_768, 60_999] };
    test.directions.pods = sockets;
    for (const sourcePort of [50_000, 40_001]) {
      const original = { source: '10.244.3.7', sourcePort, destination: '10.0.0.2', destinationPort: 40_000 };
      test.tell({ kind: 'dump', id: sourcePort, original, counters: [4, 400, 3, 300], startMs: 1_000 });
    }
    expect(test.finish()).toMatchObject([
      {
        sourceIP: '10.0.0.2',
        sourceTransportPort: 40_000,
        destinationTransportPort: 50_000,
        biflowDirection: 1,
      },
      { sourceIP: '10.244.3.7', sourceTransportPort: 40_001 },
    ]);
  });

  it.each([
    [5_353, { sourceIP: '10.0.0.2', destinationTransportPort: 5_353, biflowDirection: 1 }],
    [40_002, { sourceIP: '10.244.3.7', sourceTransportPort: 40_002 }],
  ])("recognise a Pod's server over UDP, but not by a client's port: %i", async (destinationPort, ends) => {
    using directory = new TemporaryDirectory();
    const proc = directory.file('proc');
    process(proc, 7, 'net:[4026532000]');
    const { sockets } = await readPodSockets(proc);
    const test = new StoreUnderTest({ nodeNetworks: ['10.244.3.0/24'] });
    test.directions.sockets = { tcp: [], udp: [], clientPorts: [32_768, 60_999] };
    test.directions.pods = sockets;
    const original = { source: '10.0.0.2', sourcePort: 700, destination: '10.244.3.7', destinationPort };
    test.tell({ kind: 'dump', id: 1, protocol: 17, original, counters: [4, 400, 3, 300], startMs: 1_000 });
    expect(test.finish()).toMatchObject([ends]);
  });
});
