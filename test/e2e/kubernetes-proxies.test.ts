import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Capture, startCapture } from '../support/capture.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { Conversations, describeRecords } from '../support/cluster-conversations.ts';
import { families, setScene } from '../support/cluster-scene.ts';
import { ClusterWeir, collectorPort } from '../support/cluster-weir.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { address, decodeWithTshark, text, unsigned } from '../support/tshark.ts';
import { until } from '../support/until.ts';
import { aggregatorSkewMs } from '../support/weir.ts';

/*
 * A real cluster whose kube-proxy uses iptables. The agent of each node sends to an aggregator in Proxy mode,
 * which names the records and forwards them to one that joins them.
 */

/** Groups of rules that log what they deny. */
const denied = { groups: [7] };

requires(
  'namespaces',
  'kubernetes',
  'openssl',
  'nft',
  'ethtool',
  'tcpdump',
  'tshark',
  'iptables',
  'ping',
)('flows of a Kubernetes cluster of iptables, through an aggregator in Proxy mode for each node', () => {
  const directory = new TemporaryDirectory();
  let cluster: Cluster;
  let weir: ClusterWeir;
  let conversations: Conversations;
  let capture: Capture;

  beforeAll(async () => {
    cluster = await startCluster({ proxyMode: 'iptables' });
    const scene = await setScene(cluster);
    const { namespace } = cluster.control;
    const filter = `tcp port ${collectorPort}`;
    capture = await startCapture({ namespace, device: 'lo', file: directory.file('proxied.pcap'), filter });
    weir = await ClusterWeir.start(cluster, { agent: { denied }, proxies: { includeK8sUIDs: true } });
    const started = Date.now();
    await until('flows that began after the aggregator', () => Date.now() - started > aggregatorSkewMs);
    conversations = new Conversations(scene, weir);
    await conversations.make();
  });

  afterAll(async () => {
    await weir?.[Symbol.asyncDispose]();
    await cluster?.stop();
    directory[Symbol.dispose]();
  });

  describeRecords(() => conversations);

  it('are forwarded as the halves of the two nodes, with names, UIDs and who exported them', async () => {
    const title = 'a Pod to a Service with its endpoint on another node';
    for (const family of families) await conversations.recordsOf(title, family);
    const { records, complaints } = await decodeWithTshark(capture.file, {
      port: collectorPort,
      transport: 'tcp',
    });
    expect(complaints).toEqual([]);
    const { scene } = conversations;
    const uid = scene.client.uid.replaceAll('-', '');
    for (const family of families) {
      const { localPort } = conversations.get(title, family);
      const halves = records.filter(
        (one) =>
          Number(unsigned(one.field(0, 7))) === localPort && Number(unsigned(one.field(56506, 137))) === 2,
      );
      const seen = halves.map((half) => ({
        exporter: address(half.field(0, 403)),
        isNamed: text(half.field(56506, 101)) === 'client' && text(half.field(56506, 103)) === scene.far.name,
        uid: half.field(56506, 159).hex,
        clusterId: text(half.field(56506, 158)),
        direction: Number(unsigned(half.field(0, 61))),
        observer: Number(unsigned(half.field(0, 138))),
      }));
      const half = { isNamed: true, uid, clusterId: 'the-test' };
      expect(seen).toContainEqual({ ...half, exporter: '172.30.1.1', direction: 1, observer: 1 });
      expect(seen).toContainEqual({ ...half, exporter: '172.30.2.1', direction: 0, observer: 2 });
    }
    expect(records.every((one) => unsigned(one.field(0, 405)) > 0n)).toBe(true);
  });

  it('balances every account of agents, proxies and aggregator', async () => {
    const ledgers = await weir.stop();
    expect(ledgers.filter(({ closes }) => !closes)).toEqual([]);
  });

  it('have addresses while the API server is away, and names as soon as it is back', async () => {
    const { client, near } = conversations.scene;
    const { kubernetes } = cluster;
    await using later = await ClusterWeir.start(cluster, {
      agent: { denied },
      beforeStart: () => kubernetes.stopApiServer(),
    });
    const talking = client.namespace.start(['ping', '-q', '-i', '0.3', near.addresses.v4]);
    const pings = () =>
      later.lines.filter(
        ({ protocol, sourceIP, destinationIP }) =>
          protocol === 'ICMP' && sourceIP === client.addresses.v4 && destinationIP === near.addresses.v4,
      );
    await until('a record without names', () =>
      pings().some(({ sourcePodName }) => sourcePodName === undefined),
    );
    expect(pings().every(({ sourcePodName }) => sourcePodName === undefined)).toBe(true);
    await kubernetes.startApiServer();
    const [named] = await until('a later record with names', () => {
      const found = pings().filter(({ destinationPodName }) => destinationPodName === near.name);
      return found.length > 0 && found;
    });
    expect(named).toMatchObject({ flowType: 'IntraNode', sourcePodName: 'client', sourceNodeName: 'node-1' });
    await talking.stop('SIGINT');
    const ledgers = await later.stop();
    expect(ledgers.filter(({ closes }) => !closes)).toEqual([]);
  });
});
