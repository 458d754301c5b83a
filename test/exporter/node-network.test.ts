import { describe, expect, it } from 'vitest';
import { NodeNetwork, type NodeNetworkOptions } from '../../src/exporter/node-network.ts';
import { FlowType, parseAddress } from '../../src/flow/index.ts';

function typeOf(options: NodeNetworkOptions, source: string, destination: string): string {
  const network = new NodeNetwork(options);
  network.addresses = [parseAddress('10.0.0.1')!, parseAddress('fd00::1')!];
  const words = Uint32Array.of(...parseAddress(source)!, ...parseAddress(destination)!);
  const type = network.flowType(words, 0, 4, 0);
  return Object.entries(FlowType).find(([, number]) => number === type)![0];
}

describe('the flow type', () => {
  const clustered = { nodeNetworks: ['10.244.1.0/24'], clusterNetworks: ['10.244.0.0/16', 'fd00::/64'] };

  it.each([
    ['10.0.0.1', '127.0.0.1', 'intraNode'],
    ['10.244.1.7', '10.0.0.1', 'intraNode'],
    ['10.244.1.7', '10.244.2.7', 'interNode'],
    ['10.244.2.7', '10.244.1.7', 'interNode'],
    ['fd00::1', 'fd00::2', 'interNode'],
    ['10.244.2.7', '10.244.3.7', 'interNode'],
    ['10.244.1.7', '192.168.0.1', 'toExternal'],
    ['10.244.2.7', '192.0.2.1', 'toExternal'],
    ['192.168.0.1', '10.244.1.7', 'fromExternal'],
    ['192.0.2.1', '10.244.2.7', 'fromExternal'],
    ['192.0.2.1', '192.0.2.2', 'unspecified'],
  ])('from %s to %s is %s when the cluster is known', (source, destination, type) => {
    expect(typeOf(clustered, source, destination)).toBe(type);
  });

  it.each([
    ['10.0.0.1', '10.0.0.2', 'unspecified'],
    ['fd00::9', 'fd00::1', 'unspecified'],
    ['10.0.0.1', '192.0.2.1', 'toExternal'],
    ['192.0.2.1', '10.0.0.1', 'fromExternal'],
    ['10.0.0.1', '224.0.0.251', 'toExternal'],
    ['10.0.0.2', '192.0.2.1', 'unspecified'],
    ['::1', '::1', 'intraNode'],
  ])(
    'from %s to %s is %s when it is not: a private address may be another node',
    (source, destination, type) => {
      expect(typeOf({}, source, destination)).toBe(type);
    },
  );

  it('counts an address as here while a workload of the node has it', () => {
    const pod = parseAddress('10.244.9.9')!;
    const network = new NodeNetwork({}, (words, at, timeMs) => words[at + 3] === pod[3] && timeMs < 1_000);
    const words = Uint32Array.of(...pod, ...parseAddress('192.0.2.1')!);
    expect([network.isHere(words, 0, 999), network.isHere(words, 0, 1_000)]).toEqual([true, false]);
    expect(network.flowType(words, 0, 4, 999)).toBe(FlowType.toExternal);
    expect(network.flowType(words, 0, 4, 1_000)).toBe(FlowType.unspecified);
  });

  it('refuses an invalid network, and explains how to write one', () => {
    expect(() => new NodeNetwork({ nodeNetworks: ['10.244.1/24'] })).toThrow(
      expect.objectContaining({
        code: 'WEIR_AGENT_OPTION',
        message: 'nodeNetworks: "10.244.1/24" is not an address range',
        remedy: expect.stringContaining('CIDR'),
      }),
    );
  });
});
