import { expect } from 'vitest';
import type { Cluster, RunningService } from './cluster.ts';
import type { NetworkSite } from './cluster-network.ts';
import type { ClusterNode, RunningPod } from './cluster-node.ts';
import type { NetworkNamespace } from './namespace.ts';
import { type Counted, loadRules } from './nftables.ts';
import type { Addresses } from './topology.ts';
import { exchangeTcp, exchangeUdp, startTcpServer, startUdpEcho } from './traffic.ts';

/*
 * Every kind of traffic that a cluster has. A test knows of each where it comes from, whom it calls, who
 * answers, and what its record must contain.
 */

export const families = ['v4', 'v6'] as const;
export type Family = (typeof families)[number];

const port = 8080;
const databasePort = 5432;
/** Ports of which firewall rules deny connections. */
const guardedPort = 2323;
const refusedPort = 2424;
const forbiddenPort = 2525;
const clusterNodePort = 30_080;
const localNodePort = 30_081;

/** Of TCP, in octets. */
const question = 20_000;
const answer = 5_000;

export interface Scene {
  readonly cluster: Cluster;
  /** On node 1. */
  readonly client: RunningPod;
  readonly near: RunningPod;
  readonly hostClient: RunningPod;
  /** On node 2. */
  readonly far: RunningPod;
  readonly hostServer: RunningPod;
  readonly services: Readonly<
    Record<'near' | 'far' | 'local' | 'echo' | 'guarded' | 'refused' | 'empty', RunningService>
  >;
}

/** What the test knows of a connection. */
export interface Kind {
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
  /** The node of the source let it in from outside, and is not where it is. */
  readonly isOutside?: true;
  /** A socket of a node takes part. Its packets are counted before they are cut or after they are joined. */
  readonly isOfNode?: true;
  /** The address of the source after translation. */
  proxySnat?(scene: Scene): Addresses;
  /** It is denied before a connection is tracked: nobody knows which Service was called. */
  readonly isServiceUnknown?: true;
  /** A firewall rule denies it: side, policy, rule and action. */
  readonly denial?: {
    readonly side: 'ingress' | 'egress';
    readonly namespace: string;
    readonly policy: string;
    readonly rule: string;
    readonly action: 'Drop' | 'Reject';
  };
}

const nodeOf = ({ cluster }: Scene, at: 0 | 1) => cluster.nodes[at]!;
const at = (site: { addresses: Addresses }, port: number) => ({ addresses: site.addresses, port });
const gatewayOf = (number: number): Addresses => ({ v4: `10.244.${number}.1`, v6: `fd44:${number}::1` });

export const kinds: Readonly<Record<string, Kind>> = {
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
    service: 'bank/far:http',
    flowType: 'InterNode',
    nodes: ['node-1', 'node-2'],
  },
  'a Pod to a headless Service': {
    from: ({ client }) => client,
    to: ({ far }) => at(far, databasePort),
    server: ({ far }) => at(far, databasePort),
    pods: ({ client, far }) => [client, far],
    service: 'bank/database:sql',
    flowType: 'InterNode',
    nodes: ['node-1', 'node-2'],
  },
  'a Pod to a Service over UDP': {
    protocol: 'udp',
    from: ({ client }) => client,
    to: ({ services }) => at(services.echo, 53),
    server: ({ far }) => at(far, 5353),
    pods: ({ client, far }) => [client, far],
    service: 'bank/echo',
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
    service: 'bank/far:http',
    flowType: 'FromExternal',
    nodes: ['node-1', 'node-2'],
    isOutside: true,
    proxySnat: (scene) => nodeOf(scene, 0).addresses,
  },
  'an outside host to a node port, with the endpoint on that node': {
    from: ({ cluster }) => cluster.outside,
    to: (scene) => at(nodeOf(scene, 1), clusterNodePort),
    server: ({ far }) => at(far, port),
    pods: ({ far }) => [undefined, far],
    service: 'bank/far:http',
    flowType: 'FromExternal',
    nodes: [undefined, 'node-2'],
    proxySnat: () => gatewayOf(2),
  },
  'an outside host to a node port that keeps its address': {
    from: ({ cluster }) => cluster.outside,
    to: (scene) => at(nodeOf(scene, 1), localNodePort),
    server: ({ far }) => at(far, port),
    pods: ({ far }) => [undefined, far],
    service: 'bank/local',
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
    pods: ({ client, hostServer }) => [client, hostServer], // by the port that it declares
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
    service: 'bank/far:http',
    flowType: 'InterNode',
    isOfNode: true,
    nodes: ['node-1', 'node-2'],
    proxySnat: (scene) => nodeOf(scene, 0).addresses,
  },
  'a node to a Pod in the host network of another node': {
    from: (scene) => nodeOf(scene, 0),
    to: (scene) => at(nodeOf(scene, 1), 9090),
    server: (scene) => at(nodeOf(scene, 1), 9090),
    pods: ({ hostServer }) => [undefined, hostServer],
    flowType: 'InterNode',
    isOfNode: true,
    nodes: ['node-1', 'node-2'],
  },
  'a Pod to a Service whose endpoint the other node does not let it reach': {
    from: ({ client }) => client,
    to: ({ services }) => at(services.guarded, 23),
    server: ({ far }) => at(far, guardedPort),
    pods: ({ client, far }) => [client, far],
    service: 'bank/guarded:telnet',
    flowType: 'InterNode',
    nodes: ['node-1', 'node-2'],
    denial: {
      ...{ side: 'ingress', namespace: 'bank', policy: 'guard' },
      ...{ rule: 'no-telnet', action: 'Drop' },
    },
  },
  'a Pod to a Service that its own node does not let it reach': {
    from: ({ client }) => client,
    to: ({ services }) => at(services.refused, 24),
    server: ({ far }) => at(far, refusedPort),
    pods: ({ client, far }) => [client, far],
    isServiceUnknown: true,
    flowType: 'InterNode',
    nodes: ['node-1', 'node-2'],
    denial: {
      ...{ side: 'egress', namespace: 'shop', policy: 'exit' },
      ...{ rule: 'no-gopher', action: 'Reject' },
    },
  },
  'a Pod to a Pod on its node that it may not reach': {
    from: ({ client }) => client,
    to: ({ near }) => at(near, forbiddenPort),
    server: ({ near }) => at(near, forbiddenPort),
    pods: ({ client, near }) => [client, near],
    flowType: 'IntraNode',
    nodes: ['node-1', 'node-1'],
    denial: {
      ...{ side: 'ingress', namespace: 'default', policy: 'fence' },
      ...{ rule: 'no-finger', action: 'Reject' },
    },
  },
};
export const titles = Object.keys(kinds);

/** Rules that deny, by the node that has them. */
const denyingRules = [
  [
    `tcp dport ${refusedPort} log group 7 prefix "reject shop/exit:no-gopher" reject with tcp reset`,
    `tcp dport ${forbiddenPort} log group 7 prefix "reject default/fence:no-finger" reject with tcp reset`,
  ],
  [`tcp dport ${guardedPort} log group 7 prefix "drop bank/guard:no-telnet" drop`],
];
const firewall = (rules: readonly string[]) => `table inet firewall {
  chain forward {
    type filter hook forward priority 0
    ${rules.join('\n    ')}
  }
}`;

const counter = 'type inet_proto . inet_service; size 4096; flags dynamic; counter;';

/**
 * Counts what a site sends, where its packets arrive one by one: behind a device of its neighbour. (In the
 * site itself several packets of TCP are still one.)
 */
const sentBy = (device: string) => `table inet truth-${device} {
  set sent { ${counter} }
  chain arrived {
    type filter hook prerouting priority -500
    iifname "${device}" meta l4proto { tcp, udp } update @sent { meta l4proto . th sport }
  }
}`;

/** Counts what a site receives. */
const received = `table inet truth {
  set received { ${counter} }
  chain input {
    type filter hook input priority -500
    meta l4proto { tcp, udp } update @received { meta l4proto . th dport }
  }
}`;

/** Whom the test counts: the clients that are no node, each with the device behind which it is. */
const counted = ({ cluster, client, near }: Pick<Scene, 'cluster' | 'client' | 'near'>) => [
  ...[client, near].map((site) => ({
    site: site as NetworkSite,
    neighbour: cluster.nodes[0]!.namespace,
    device: `pod-${Number(site.addresses.v4.split('.')[3]) - 1}`,
  })),
  { site: cluster.outside, neighbour: cluster.control.namespace, device: 'outside' },
];

export async function setScene(cluster: Cluster): Promise<Scene> {
  const [one, two] = cluster.nodes as [ClusterNode, ClusterNode];
  for (const namespace of ['shop', 'bank']) await cluster.addNamespace(namespace);
  const client = await one.runPod({ name: 'client', namespace: 'shop', labels: { tier: 'front' } });
  const near = await one.runDeployment({ name: 'near', port });
  const hostClient = await one.runPod({ name: 'host-client', hostNetwork: true });
  const far = await two.runDeployment({ name: 'far', namespace: 'bank', port });
  const hostServer = await two.runPod({ name: 'host-server', hostNetwork: true, port: 9090 });
  const ofFar = { namespace: 'bank', selector: { app: 'far' } };
  const nodePort = { type: 'NodePort', targetPort: port, port: 80 } as const;
  const services = {
    near: await cluster.addService({ name: 'near', port: 80, targetPort: port }),
    far: await cluster.addService({
      ...ofFar,
      ...nodePort,
      name: 'far',
      portName: 'http',
      nodePort: clusterNodePort,
    }),
    local: await cluster.addService({
      ...ofFar,
      ...nodePort,
      name: 'local',
      nodePort: localNodePort,
      externalTrafficPolicy: 'Local',
    }),
    echo: await cluster.addService({ ...ofFar, name: 'echo', port: 53, targetPort: 5353, protocol: 'UDP' }),
    guarded: await cluster.addService({
      ...ofFar,
      name: 'guarded',
      port: 23,
      targetPort: guardedPort,
      portName: 'telnet',
    }),
    refused: await cluster.addService({
      ...ofFar,
      name: 'refused',
      port: 24,
      targetPort: refusedPort,
      portName: 'gopher',
    }),
    empty: await cluster.addEmptyService('empty'),
  };
  await cluster.addService({
    ...ofFar,
    name: 'database',
    isHeadless: true,
    port: databasePort,
    targetPort: databasePort,
    portName: 'sql',
  });
  for (const { namespace } of [near, far, cluster.outside])
    await startTcpServer(namespace, { port, replyOctets: answer });
  await startTcpServer(far.namespace, { port: databasePort, replyOctets: answer });
  await startTcpServer(two.namespace, { port: 9090, replyOctets: answer });
  await startUdpEcho(far.namespace, 5353);
  for (const [at, node] of [one, two].entries()) await loadRules(node.namespace, firewall(denyingRules[at]!));
  for (const { site, neighbour, device } of counted({ cluster, client, near })) {
    await loadRules(neighbour, sentBy(device));
    await loadRules(site.namespace, received);
  }
  return { cluster, client, near, hostClient, far, hostServer, services };
}

/** A connection that was made, and when, in milliseconds since 1970. */
export interface Conversation {
  readonly localPort: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Makes one connection. */
export async function converse(scene: Scene, kind: Kind, family: Family): Promise<Conversation> {
  const { namespace } = kind.from(scene);
  const { addresses, port } = kind.to(scene);
  const fromMs = Date.now();
  const localPort = await exchange(namespace, kind, addresses[family], port);
  return { localPort, fromMs, toMs: Date.now() };
}

async function exchange(
  namespace: NetworkNamespace,
  { protocol, denial }: Kind,
  host: string,
  port: number,
): Promise<number> {
  if (denial !== undefined) return knock(namespace, host, port);
  if (protocol === 'udp')
    return (await exchangeUdp(namespace, { host, port, octets: 300, datagrams: 3 })).localPort;
  const [connection] = await exchangeTcp(namespace, { host, port, octets: question, holdMs: 300 });
  expect(connection).toMatchObject({ sent: question, received: answer });
  return connection!.localPort;
}

/** Asks once for a connection that nobody answers: the kernel would ask again after a second. */
export async function knock(namespace: NetworkNamespace, host: string, port: number): Promise<number> {
  const localPort = 45_000 + 2 * (port % 100) + (host.includes(':') ? 1 : 0);
  await namespace.runSource(`
    import { connect } from 'node:net';
    const socket = connect({ host: '${host}', port: ${port}, localPort: ${localPort} }).on('error', () => {});
    setTimeout(() => socket.destroy(), 400);
  `);
  return localPort;
}

const namespaceOf = (pod: RunningPod | undefined) => pod?.object.metadata.namespace;

/** The namespaces of the Pods at both ends. */
export const namespacesOf = (scene: Scene, kind: Kind) => (kind.pods?.(scene) ?? []).map(namespaceOf);

const zones: Readonly<Record<string, string>> = { 'node-1': 'zone-a', 'node-2': 'zone-b' };
const zoneOf = (node: string | undefined) => node && zones[node];

/** What the record of a conversation must tell, by the names of the record's fields. */
export function truthOf(scene: Scene, kind: Kind, family: Family, { localPort }: Conversation) {
  const called = kind.to(scene);
  const server = kind.server(scene);
  const [source, destination] = kind.pods?.(scene) ?? [];
  const isTranslated = called.addresses[family] !== server.addresses[family] && !kind.isServiceUnknown;
  const { denial } = kind;
  return {
    sourceIP: kind.from(scene).addresses[family],
    sourceTransportPort: localPort,
    destinationIP: server.addresses[family],
    destinationTransportPort: server.port,
    protocol: kind.protocol === 'udp' ? 'UDP' : 'TCP',
    flowType: kind.flowType,
    sourceNodeName: kind.nodes[0],
    destinationNodeName: kind.nodes[1],
    sourceZone: kind.isOutside ? undefined : zoneOf(kind.nodes[0]),
    destinationZone: zoneOf(kind.nodes[1]),
    destinationServiceIP: isTranslated ? called.addresses[family] : undefined,
    destinationServicePort: isTranslated ? called.port : undefined,
    proxySnatIP: kind.proxySnat?.(scene)[family],
    sourcePodName: source?.name,
    sourcePodNamespace: namespaceOf(source),
    sourceWorkloadName: source?.name.replace(/^near-.*/, 'near'),
    destinationPodName: destination?.name,
    destinationPodNamespace: namespaceOf(destination),
    destinationWorkloadName: destination?.name.replace(/^(near|far)-.*/, '$1'),
    destinationServicePortName: kind.service,
    [`${denial?.side ?? 'ingress'}NetworkPolicyNamespace`]: denial?.namespace,
    [`${denial?.side ?? 'ingress'}NetworkPolicyName`]: denial?.policy,
    [`${denial?.side ?? 'ingress'}NetworkPolicyRuleName`]: denial?.rule,
    [`${denial?.side ?? 'ingress'}NetworkPolicyRuleAction`]: denial?.action,
    egressName: undefined,
  };
}

/** Packets and octets of a conversation, as the client's own IP counts them. */
export interface Traffic {
  readonly sent: Counted;
  readonly received: Counted;
}

/** By site, and then by protocol and local port: `tcp 40000`. */
export type AllTraffic = ReadonlyMap<NetworkSite, ReadonlyMap<string, Traffic>>;

export async function readTraffic(scene: Scene): Promise<AllTraffic> {
  const none = { packets: 0, octets: 0 };
  const all = counted(scene).map(async ({ site, neighbour, device }) => {
    const sent = await countedIn(neighbour, `truth-${device}`, 'sent');
    const back = await countedIn(site.namespace, 'truth', 'received');
    const traffic = [...sent].map(
      ([key, out]) => [key, { sent: out, received: back.get(key) ?? none }] as const,
    );
    return [site, new Map(traffic)] as const;
  });
  return new Map(await Promise.all(all));
}

async function countedIn(
  namespace: NetworkNamespace,
  table: string,
  set: string,
): Promise<Map<string, Counted>> {
  const listed = await namespace.run(['nft', '-j', 'list', 'set', 'inet', table, set]);
  const found = (JSON.parse(listed).nftables as { set?: { elem?: unknown[] } }[]).find((one) => one.set);
  const elements = (found?.set?.elem ?? []) as {
    elem: { val: { concat: [string, number] }; counter: { packets: number; bytes: number } };
  }[];
  return new Map(
    elements.map(({ elem: { val, counter } }) => [
      val.concat.join(' '),
      { packets: counter.packets, octets: counter.bytes },
    ]),
  );
}
