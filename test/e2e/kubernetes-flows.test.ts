import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, type RunningService, startCluster } from '../support/cluster.ts';
import type { NetworkSite } from '../support/cluster-network.ts';
import type { ClusterNode, RunningPod } from '../support/cluster-node.ts';
import { ClusterWeir, type FlowLine } from '../support/cluster-weir.ts';
import { requires } from '../support/requires.ts';
import type { Addresses } from '../support/topology.ts';
import { exchangeTcp, exchangeUdp, startTcpServer, startUdpEcho } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { aggregatorSkewMs } from '../support/weir.ts';

/*
 * A real cluster with an agent on each of its two nodes and one aggregator. Every kind of traffic that a
 * cluster has is made once for each family. The record of each connection is compared with what the test
 * knows of it.
 */

const families = ['v4', 'v6'] as const;
type Family = (typeof families)[number];

const port = 8080;
const clusterNodePort = 30_080;
const localNodePort = 30_081;

interface Scene {
  readonly cluster: Cluster;
  /** On node 1. */
  readonly client: RunningPod;
  readonly near: RunningPod;
  readonly hostClient: RunningPod;
  /** On node 2. */
  readonly far: RunningPod;
  readonly hostServer: RunningPod;
  readonly services: Readonly<Record<'near' | 'far' | 'local' | 'echo', RunningService>>;
}

/** What the test knows of a connection. */
interface Kind {
  readonly protocol?: 'udp';
  from(scene: Scene): NetworkSite;
  /** The address and port that the client calls. */
  to(scene: Scene): { addresses: Addresses; port: number };
  /** The end that answers. */
  server(scene: Scene): { addresses: Addresses; port: number };
  /** The Pods at the ends; undefined for one that the record does not name. */
  pods?(scene: Scene): readonly [source: RunningPod | undefined, destination: RunningPod | undefined];
  /** As `namespace/name:portName`. */
  readonly service?: string;
  /** Names in the record. */
  readonly flowType: 'IntraNode' | 'InterNode' | 'ToExternal' | 'FromExternal';
  readonly nodes: readonly [source: string | undefined, destination: string | undefined];
  /** A socket of a node takes part. Its packets are counted before they are cut or after they are joined. */
  readonly isOfNode?: true;
  /** The address of the source after translation. */
  proxySnat?(scene: Scene): Addresses;
}

const nodeOf = ({ cluster }: Scene, at: 0 | 1) => cluster.nodes[at]!;
const at = (site: { addresses: Addresses }, port: number) => ({ addresses: site.addresses, port });
const gatewayOf = (number: number): Addresses => ({ v4: `10.244.${number}.1`, v6: `fd44:${number}::1` });

const kinds: Readonly<Record<string, Kind>> = {
  'a Pod to a Pod on its node': {
    from: ({ client }) => client,
    to: ({ near }) => at(near, port),
    server: ({ near }) => at(near, port),
    pods: ({ client, near }) => [client, near],
    flowType: 'IntraNode',
    nodes: ['node-1', 'node-1'],
  },
  'a Pod to a Pod on another node': {
    from: ({ client }) => client,
    to: ({ far }) => at(far, port),
    server: ({ far }) => at(far, port),
    pods: ({ client, far }) => [client, far],
    flowType: 'InterNode',
    nodes: ['node-1', 'node-2'],
  },
  'a Pod to a Service with its endpoint on the same node': {
    from: ({ client }) => client,
    to: ({ services }) => at(services.near, 80),
    server: ({ near }) => at(near, port),
    pods: ({ client, near }) => [client, near],
    service: 'default/near',
    flowType: 'IntraNode',
    nodes: ['node-1', 'node-1'],
  },
  'a Pod to a Service with its endpoint on another node': {
    from: ({ client }) => client,
    to: ({ services }) => at(services.far, 80),
    server: ({ far }) => at(far, port),
    pods: ({ client, far }) => [client, far],
    service: 'default/far:http',
    flowType: 'InterNode',
    nodes: ['node-1', 'node-2'],
  },
  'a Pod to a Service over UDP': {
    protocol: 'udp',
    from: ({ client }) => client,
    to: ({ services }) => at(services.echo, 53),
    server: ({ far }) => at(far, 5353),
    pods: ({ client, far }) => [client, far],
    service: 'default/echo',
    flowType: 'InterNode',
    nodes: ['node-1', 'node-2'],
  },
  'a Pod to its own Service': {
    from: ({ near }) => near,
    to: ({ services }) => at(services.near, 80),
    server: ({ near }) => at(near, port),
    pods: ({ near }) => [near, near],
    service: 'default/near',
    flowType: 'IntraNode',
    nodes: ['node-1', 'node-1'],
    proxySnat: () => gatewayOf(1),
  },
  'a Pod to an outside host': {
    from: ({ client }) => client,
    to: ({ cluster }) => at(cluster.outside, port),
    server: ({ cluster }) => at(cluster.outside, port),
    pods: ({ client }) => [client, undefined],
    flowType: 'ToExternal',
    nodes: ['node-1', undefined],
    proxySnat: (scene) => nodeOf(scene, 0).addresses,
  },
  'an outside host to a node port, with the endpoint on another node': {
    from: ({ cluster }) => cluster.outside,
    to: (scene) => at(nodeOf(scene, 0), clusterNodePort),
    server: ({ far }) => at(far, port),
    pods: ({ far }) => [undefined, far],
    service: 'default/far:http',
    flowType: 'FromExternal',
    nodes: ['node-1', 'node-2'],
    proxySnat: (scene) => nodeOf(scene, 0).addresses,
  },
  'an outside host to a node port, with the endpoint on that node': {
    from: ({ cluster }) => cluster.outside,
    to: (scene) => at(nodeOf(scene, 1), clusterNodePort),
    server: ({ far }) => at(far, port),
    pods: ({ far }) => [undefined, far],
    service: 'default/far:http',
    flowType: 'FromExternal',
    nodes: [undefined, 'node-2'],
    proxySnat: () => gatewayOf(2),
  },
  'an outside host to a node port that keeps its address': {
    from: ({ cluster }) => cluster.outside,
    to: (scene) => at(nodeOf(scene, 1), localNodePort),
    server: ({ far }) => at(far, port),
    pods: ({ far }) => [undefined, far],
    service: 'default/local',
    flowType: 'FromExternal',
    nodes: [undefined, 'node-2'],
  },
  'a Pod in the host network to a Pod on another node': {
    from: ({ hostClient }) => hostClient,
    to: ({ far }) => at(far, port),
    server: ({ far }) => at(far, port),
    pods: ({ far }) => [undefined, far],
    flowType: 'InterNode',
    isOfNode: true,
    nodes: ['node-1', 'node-2'],
  },
  'a Pod to a Pod in the host network of another node': {
    from: ({ client }) => client,
    to: ({ hostServer }) => at(hostServer, 9090),
    server: ({ hostServer }) => at(hostServer, 9090),
    pods: ({ client }) => [client, undefined],
    flowType: 'InterNode',
    isOfNode: true,
    nodes: ['node-1', 'node-2'],
    proxySnat: (scene) => nodeOf(scene, 0).addresses,
  },
  'a node to a Service with its endpoint on another node': {
    from: (scene) => nodeOf(scene, 0),
    to: ({ services }) => at(services.far, 80),
    server: ({ far }) => at(far, port),
    pods: ({ far }) => [undefined, far],
    service: 'default/far:http',
    flowType: 'InterNode',
    isOfNode: true,
    nodes: ['node-1', 'node-2'],
    proxySnat: (scene) => nodeOf(scene, 0).addresses,
  },
  'a node to another node': {
    from: (scene) => nodeOf(scene, 0),
    to: (scene) => at(nodeOf(scene, 1), 9090),
    server: (scene) => at(nodeOf(scene, 1), 9090),
    flowType: 'InterNode',
    isOfNode: true,
    nodes: ['node-1', 'node-2'],
  },
};
const titles = Object.keys(kinds);

async function setScene(cluster: Cluster): Promise<Scene> {
  const [one, two] = cluster.nodes as [ClusterNode, ClusterNode];
  const client = await one.runPod({ name: 'client' });
  const near = await one.runDeployment({ name: 'near', port });
  const hostClient = await one.runPod({ name: 'host-client', hostNetwork: true });
  const far = await two.runDeployment({ name: 'far', port });
  const hostServer = await two.runPod({ name: 'host-server', hostNetwork: true, port: 9090 });
  const selector = { app: 'far' };
  const services = {
    near: await cluster.addService({ name: 'near', port: 80, targetPort: port }),
    far: await cluster.addService({
      name: 'far',
      port: 80,
      targetPort: port,
      portName: 'http',
      type: 'NodePort',
      nodePort: clusterNodePort,
    }),
    local: await cluster.addService({
      name: 'local',
      selector,
      port: 80,
      targetPort: port,
      type: 'NodePort',
      nodePort: localNodePort,
      externalTrafficPolicy: 'Local',
    }),
    echo: await cluster.addService({ name: 'echo', selector, port: 53, targetPort: 5353, protocol: 'UDP' }),
  };
  for (const { namespace } of [near, far, cluster.outside]) {
    await startTcpServer(namespace, { port, replyOctets: 5_000 });
  }
  await startTcpServer(two.namespace, { port: 9090, replyOctets: 5_000 });
  await startUdpEcho(far.namespace, 5353);
  return { cluster, client, near, hostClient, far, hostServer, services };
}

/** Makes one connection and returns the client's port. */
async function converse(scene: Scene, kind: Kind, family: Family): Promise<number> {
  const { namespace } = kind.from(scene);
  const { addresses, port } = kind.to(scene);
  const host = addresses[family];
  if (kind.protocol === 'udp') {
    return (await exchangeUdp(namespace, { host, port, octets: 300, datagrams: 3 })).localPort;
  }
  const [connection] = await exchangeTcp(namespace, { host, port, octets: 20_000 });
  expect(connection).toMatchObject({ sent: 20_000, received: 5_000 });
  return connection!.localPort;
}

/** The record that the connection must have. */
function truthOf(scene: Scene, kind: Kind, family: Family, localPort: number): object {
  const called = kind.to(scene);
  const server = kind.server(scene);
  const [source, destination] = kind.pods?.(scene) ?? [];
  const isTranslated = called.addresses[family] !== server.addresses[family];
  return {
    sourceIP: kind.from(scene).addresses[family],
    sourceTransportPort: localPort,
    destinationIP: server.addresses[family],
    destinationTransportPort: server.port,
    protocol: kind.protocol === 'udp' ? 'UDP' : 'TCP',
    flowType: kind.flowType,
    sourceNodeName: kind.nodes[0],
    destinationNodeName: kind.nodes[1],
    destinationServiceIP: isTranslated ? called.addresses[family] : undefined,
    destinationServicePort: isTranslated ? called.port : undefined,
    proxySnatIP: kind.proxySnat?.(scene)[family],
    sourcePodName: source?.name,
    sourcePodNamespace: source && 'default',
    destinationPodName: destination?.name,
    destinationPodNamespace: destination && 'default',
    destinationServicePortName: kind.service,
  };
}

/** The parts of a record that the truth has. */
const told = (line: FlowLine, truth: object) =>
  Object.fromEntries(Object.keys(truth).map((key) => [key, line[key]]));

for (const proxyMode of ['nftables', 'iptables'] as const) {
  requires(
    'namespaces',
    'kubernetes',
    'openssl',
    'nft',
    'iptables',
    'ethtool',
  )(`flows of a Kubernetes cluster whose kube-proxy uses ${proxyMode}`, () => {
    let cluster: Cluster;
    let weir: ClusterWeir;
    let scene: Scene;
    const ports = new Map<string, number>();

    beforeAll(async () => {
      cluster = await startCluster({ proxyMode });
      scene = await setScene(cluster);
      const started = Date.now();
      weir = await ClusterWeir.start(cluster);
      await until('flows that began after the aggregator', () => Date.now() - started > aggregatorSkewMs);
      for (const family of families) {
        for (const title of titles)
          ports.set(`${title} ${family}`, await converse(scene, kinds[title]!, family));
      }
    });

    afterAll(async () => {
      await weir?.[Symbol.asyncDispose]();
      await cluster?.stop();
    });

    /** The records of a connection, once one says that it has ended or fallen idle. */
    const recordsOf = (title: string, family: Family) => {
      const kind = kinds[title]!;
      const localPort = ports.get(`${title} ${family}`)!;
      const { addresses } = kind.from(scene);
      return until(
        `the last record of ${title} over ${family}`,
        () => {
          const lines = weir.lines.filter(
            (line) => line.sourceIP === addresses[family] && line.sourceTransportPort === localPort,
          );
          const isOver = lines.some((line) => ['EndOfFlow', 'IdleTimeout'].includes(`${line.flowEndReason}`));
          return isOver && lines;
        },
        { timeoutMs: 60_000, everyMs: 200 },
      );
    };

    describe.each(families)('over IP%s', (family) => {
      it.each(titles)('tells all of %s in one record', async (title) => {
        const kind = kinds[title]!;
        const truth = truthOf(scene, kind, family, ports.get(`${title} ${family}`)!);
        const lines = await recordsOf(title, family);
        for (const line of lines) expect(told(line, truth)).toEqual(truth);
        const last = lines.at(-1)!;
        expect(last.octetTotalCount).toBeGreaterThan(kind.protocol === 'udp' ? 900 : 20_000);
        const [source, destination] = kind.nodes;
        const isSeenTwice = source !== undefined && destination !== undefined && source !== destination;
        if (!isSeenTwice) return;
        expect(last.octetTotalCountFromDestinationNode).toBeGreaterThan(
          kind.protocol === 'udp' ? 900 : 20_000,
        );
        if (kind.isOfNode) return;
        expect(last.octetTotalCountFromSourceNode).toBe(last.octetTotalCountFromDestinationNode);
        expect(last.reversePacketTotalCountFromSourceNode).toBe(
          last.reversePacketTotalCountFromDestinationNode,
        );
      });
    });

    it('balances every account of agents and aggregator', async () => {
      const ledgers = await weir.stop();
      expect(ledgers.filter(({ closes }) => !closes)).toEqual([]);
    });
  });
}
