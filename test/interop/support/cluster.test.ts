import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startCluster } from '../../support/cluster.ts';
import { requires } from '../../support/requires.ts';
import { exchangeTcp, startTcpServer } from '../../support/traffic.ts';

/** The namespaces of this process. */
const ownNamespaces = () =>
  readdirSync('/run/netns').filter((name) => name.startsWith(`weir-${process.pid}-`));

requires(
  'namespaces',
  'kubernetes',
  'openssl',
  'nft',
  'ethtool',
)('a Kubernetes cluster for tests', () => {
  it('has nodes with zones, Pods with owners, and Services that answer inside and outside', async () => {
    await using cluster = await startCluster();
    const [one, two] = cluster.nodes;
    const nodes = await cluster.admin.list('/api/v1/nodes');
    expect(
      nodes.map(({ metadata, status }) => ({ name: metadata.name, labels: metadata.labels, status })),
    ).toMatchObject([
      {
        name: 'node-1',
        labels: { 'topology.kubernetes.io/zone': 'zone-a' },
        status: { addresses: { length: 3 } },
      },
      {
        name: 'node-2',
        labels: { 'topology.kubernetes.io/zone': 'zone-b' },
        status: { addresses: { length: 3 } },
      },
    ]);

    const client = await one!.runPod({ name: 'client' });
    const web = await two!.runDeployment({ name: 'web', port: 8080 });
    expect(web.object.metadata).toMatchObject({ ownerReferences: [{ kind: 'ReplicaSet' }] });
    await cluster.addService({
      name: 'web-pods',
      selector: { app: 'web' },
      port: 80,
      targetPort: 8080,
      isHeadless: true,
    });
    const service = await cluster.addService({
      name: 'web',
      port: 80,
      targetPort: 8080,
      type: 'NodePort',
      nodePort: 30_080,
    });

    await using _server = await startTcpServer(web.namespace, { port: 8080, replyOctets: 10 });
    for (const family of ['v4', 'v6'] as const) {
      for (const [namespace, host, port] of [
        [client.namespace, web.addresses[family], 8080],
        [client.namespace, service.addresses[family], 80],
        [cluster.outside.namespace, one!.addresses[family], 30_080],
      ] as const) {
        expect(await exchangeTcp(namespace, { host, port, octets: 100 })).toMatchObject([{ received: 10 }]);
      }
    }
  });

  it('shows its API at the address of a Service to the owner of an account', async () => {
    await using cluster = await startCluster({ zones: ['zone-a'] });
    const { admin, kubernetes } = cluster;
    const token = await admin.serviceAccountToken('default', 'default');
    const pod = await cluster.nodes[0]!.runPod({ name: 'client' });
    const ask = (path: string) =>
      pod.namespace.fetch(`https://10.96.0.1${path}`, {
        ca: kubernetes.ca,
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await ask('/version')).status).toBe(200);
    expect((await ask('/api/v1/pods')).status).toBe(403);
  });

  it('can run beside another, and leaves nothing behind', async () => {
    const before = ownNamespaces();
    const clusters = [await startCluster({ zones: ['zone-a'] }), await startCluster({ zones: ['zone-a'] })];
    expect(ownNamespaces().length).toBe(before.length + 2 * 3);
    for (const cluster of clusters) await cluster.stop();
    expect(ownNamespaces()).toEqual(before);
  });
});
