import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QueryAnswer } from '../../src/query/index.ts';
import { type Capture, startCapture } from '../support/capture.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { ClusterConsole, type DrawnOctets } from '../support/cluster-console.ts';
import { Conversations, describeRecords } from '../support/cluster-conversations.ts';
import {
  type AllTraffic,
  converse,
  families,
  kinds,
  knock,
  namespacesOf,
  readTraffic,
  type Scene,
  setScene,
  titles,
  truthOf,
} from '../support/cluster-scene.ts';
import { type FlowLine, flowLinesIn } from '../support/cluster-weir.ts';
import { DeployedWeir, deployingControllers } from '../support/deployed-weir.ts';
import { FlowReader } from '../support/flow-readers.ts';
import { printedFlows } from '../support/printed-flows.ts';
import { requires } from '../support/requires.ts';
import {
  expectNumbers,
  expectSteadyElements,
  steadyElements,
  ToldNumbers,
} from '../support/told-elements.ts';
import { startTcpClient, startUdpSink } from '../support/traffic.ts';
import { address, decodeWithTshark, type TsharkRecord, text, unsigned } from '../support/tshark.ts';
import { until } from '../support/until.ts';
import { aggregatorSkewMs } from '../support/weir.ts';

/*
 * A real cluster in which the deployment is applied. Every kind of traffic that a cluster has is made once
 * for each family. The test knows each connection, and compares its records: those in a file, those for
 * another collector, and those that three users may see.
 */

const quickAgent = {
  flowExporter: { flowPollInterval: '1s', activeFlowExportTimeout: '2s', idleFlowExportTimeout: '5s' },
};
/** Groups of rules that log what they deny. */
const denied = { groups: [7] };

requires(
  'namespaces',
  'kubernetes',
  'deploy-tools',
  'openssl',
  'nft',
  'ethtool',
  'tcpdump',
  'tshark',
  'iperf3',
)('flows of a Kubernetes cluster in which the deployment is applied', () => {
  /** Where the aggregator sends IPFIX, in its own Pod. */
  const collectorPort = 4799;
  let cluster: Cluster;
  let scene: Scene;
  let weir: DeployedWeir;
  let conversations: Conversations;
  let capture: Capture;
  let firstNamedMs: number;
  let transferPort: number;

  beforeAll(async () => {
    cluster = await startCluster({ controllers: deployingControllers });
    scene = await setScene(cluster);
    firstNamedMs = await deploy();
    await weir.stop();
    const { namespace, addresses } = weir.pod;
    await startUdpSink(namespace, collectorPort);
    capture = await startCapture({
      ...{ namespace, device: 'lo', file: weir.file('records.pcap'), filter: `udp port ${collectorPort}` },
    });
    await weir.start({
      agent: { ...quickAgent, weir: { denied } },
      aggregator: {
        activeFlowRecordTimeout: '2s',
        flowAggregatorAddress: addresses.v4,
        recordContents: { podLabels: true },
        flowCollector: { enable: true, address: `127.0.0.1:${collectorPort}:udp`, includeK8sUIDs: true },
        weir: {
          sinks: [
            { jsonLines: { path: weir.file('flows.jsonl') } },
            { history: { directory: weir.file('history') } },
          ],
        },
      },
    });
    const started = Date.now();
    await until('flows that began after the aggregator', () => Date.now() - started > aggregatorSkewMs);
    const watching = {
      get lines() {
        return flowLinesIn(weir.file('flows.jsonl'));
      },
      stop: () => weir.stop(),
    };
    conversations = new Conversations(scene, watching);
    [transferPort] = await Promise.all([transfer(), conversations.make()]);
    for (const family of families)
      await knock(scene.client.namespace, scene.services.empty.addresses[family], 80);
  });

  afterAll(async () => {
    await weir?.[Symbol.asyncDispose]();
    await cluster?.stop();
  });

  /** Applies the base while a Pod talks. @returns how long until a flow has the names of both its Pods */
  async function deploy(): Promise<number> {
    const { addresses } = scene.services.far;
    const talk = { host: addresses.v4, port: 80, octets: 1_000, connections: 1_000, holdMs: 500 };
    const talking = startTcpClient(scene.client.namespace, talk);
    const began = performance.now();
    weir = await DeployedWeir.apply(cluster);
    await until(
      'a flow with the names of both Pods',
      async () => {
        const flows = printedFlows(await weir.ask('/flows?namespace=shop'));
        return flows.some(
          (flow) => flow.sourcePodName === 'client' && flow.destinationPodName === scene.far.name,
        );
      },
      { everyMs: 100 },
    );
    const tookMs = performance.now() - began;
    await talking.stop();
    return tookMs;
  }

  /** Sends three megabytes within a node, in twelve seconds. @returns the client's port */
  async function transfer(): Promise<number> {
    const { client, near } = scene;
    const server = near.namespace.start(['iperf3', '--server', '--one-off', '--forceflush']);
    await server.says(/listening/);
    const rate = ['--bytes', '3M', '--bitrate', '2M', '--json'];
    const report = JSON.parse(await client.namespace.run(['iperf3', '--client', near.addresses.v4, ...rate]));
    return report.start.connected[0].local_port;
  }

  it('shows a flow with names within a minute', () => {
    process.stdout.write(`first named flow after ${(firstNamedMs / 1_000).toFixed(1)} s\n`);
    expect(firstNamedMs).toBeLessThan(60_000);
  });

  describeRecords(() => conversations);

  it('has several records of a transfer, each with the rate since the one before', async () => {
    const records = () => conversations.lines.filter((line) => line.sourceTransportPort === transferPort);
    await until('the last record', () => records().some((line) => line.flowEndReason === 'EndOfFlow'));
    const lines = records();
    // Six are due, one each two seconds; a busy machine may join two of them.
    expect(lines.length).toBeGreaterThanOrEqual(4);
    const ends = {
      ...{ sourcePodName: 'client', sourcePodNamespace: 'shop', sourceNodeName: 'node-1' },
      ...{ destinationPodName: scene.near.name, destinationPodNamespace: 'default' },
      ...{ destinationNodeName: 'node-1', flowType: 'IntraNode' },
    };
    let sinceMs = Date.parse(`${lines[0]!.flowStartMilliseconds}`);
    for (const line of lines) {
      expect(line).toMatchObject(ends);
      const endMs = Date.parse(`${line.flowEndMilliseconds}`);
      const bits = (Number(line.throughput ?? 0) * (endMs - sinceMs)) / 1_000;
      expect(bits).toBeGreaterThanOrEqual(Number(line.octetDeltaCount) * 8 * 0.85);
      expect(bits).toBeLessThanOrEqual(Number(line.octetDeltaCount) * 8 * 1.15);
      sinceMs = endMs;
    }
    const { octetTotalCount, flowEndReason } = lines.at(-1)!;
    expect(flowEndReason).toBe('EndOfFlow');
    expect(octetTotalCount).toBeGreaterThan(3 * 1024 * 1024);
    expect(octetTotalCount).toBeLessThan(3 * 1024 * 1024 * 1.15);
  });

  describe.each(families)('sent to a collector over IP%s', (family) => {
    let records: readonly TsharkRecord[];
    let traffic: AllTraffic;

    beforeAll(async () => {
      for (const title of titles) await conversations.recordsOf(title, family);
      traffic = await readTraffic(scene);
      const decoded = await decodeWithTshark(capture.file, { port: collectorPort });
      expect(decoded.complaints).toEqual([]);
      records = decoded.records.filter(({ scopeFieldCount }) => scopeFieldCount === 0);
    });

    const addressId = family === 'v4' ? 8 : 27;
    const recordsOf = (title: string) => {
      const { localPort } = conversations.get(title, family);
      const host = kinds[title]!.from(scene).addresses[family];
      return records.filter(
        (record) =>
          record.find(0, addressId) !== undefined &&
          address(record.field(0, addressId)) === host &&
          Number(unsigned(record.field(0, 7))) === localPort,
      );
    };

    it.each(titles)('has each element of the record of %s', (title) => {
      const kind = kinds[title]!;
      const conversation = conversations.get(title, family);
      const found = recordsOf(title);
      expect(found.length).toBeGreaterThan(0);
      expectSteadyElements(found, family, steadyElements(scene, kind, family, conversation));
      const told = new ToldNumbers(family);
      const last = found.at(-1)!;
      if (kind.protocol !== 'udp' && kind.denial === undefined) {
        expect(told.of(last, 'flowEndReason')).toBe(3);
        expect(text(last.field(56506, 136))).toBe('TIME_WAIT');
      }
      if (kind.isOfNode || kind.denial?.action === 'Reject') return;
      const counted = traffic
        .get(kind.from(scene))!
        .get(`${kind.protocol ?? 'tcp'} ${conversation.localPort}`)!;
      expectNumbers(found, family, kind, conversation, counted);
    });
  });

  it('has the UIDs of Pods, nodes and Services in their elements', async () => {
    const { records } = await decodeWithTshark(capture.file, { port: collectorPort });
    const { localPort } = conversations.get('a Pod to a Service with its endpoint on another node', 'v4');
    const record = records.find((one) => Number(unsigned(one.field(0, 7))) === localPort)!;
    const uid = ({ metadata }: { metadata: { uid?: string } }) => metadata.uid!.replaceAll('-', '');
    const [one, two] = await Promise.all(
      ['node-1', 'node-2'].map((name) => cluster.admin.get(`/api/v1/nodes/${name}`)),
    );
    const found = [159, 160, 161, 162, 163].map((id) => record.field(56506, id).hex);
    expect(found).toEqual(
      [scene.client.object, scene.far.object, one!, two!, scene.services.far.object].map(uid),
    );
  });

  it('has the UID of the Namespace kube-system as the cluster of every record', async () => {
    const { metadata } = await cluster.admin.get('/api/v1/namespaces/kube-system');
    const { records } = await decodeWithTshark(capture.file, { port: collectorPort });
    const flows = records.filter(({ scopeFieldCount }) => scopeFieldCount === 0);
    const clusters = new Set(flows.map((record) => text(record.field(56506, 158))));
    expect([...clusters]).toEqual([metadata.uid]);
  });

  describe('to three users of different namespaces', () => {
    const namespaces = ['shop', 'bank', 'default'] as const;
    type Namespace = (typeof namespaces)[number];
    let readers: Record<Namespace, FlowReader>;

    beforeAll(async () => {
      const place = {
        namespace: cluster.nodes[0]!.namespace,
        server: `https://${weir.pod.addresses.v4}:10348`,
      };
      const made = namespaces.map(async (name) => [name, await FlowReader.of(cluster, name, place)]);
      readers = Object.fromEntries(await Promise.all(made));
      for (const family of families) for (const title of titles) await conversations.recordsOf(title, family);
    });

    const keyOf = (flow: FlowLine) => `${flow.sourceTransportPort} ${flow.destinationTransportPort}`;
    const isMade = () => {
      const keys = made().map(({ key }) => key);
      return (flow: FlowLine) => keys.includes(keyOf(flow));
    };
    const made = () =>
      families.flatMap((family) =>
        titles.map((title) => {
          const kind = kinds[title]!;
          const { localPort } = conversations.get(title, family);
          return { key: `${localPort} ${kind.server(scene).port}`, namespaces: namespacesOf(scene, kind) };
        }),
      );
    const keysOf = (namespace: Namespace) =>
      made()
        .filter((one) => one.namespaces.includes(namespace))
        .map(({ key }) => key);
    const sortedKeys = (flows: readonly FlowLine[]) => [...new Set(flows.map(keyOf))].toSorted();

    /** Of ends in other namespaces nothing is seen but ports. */
    function expectReduced(flows: readonly FlowLine[], namespace: Namespace): void {
      for (const flow of flows) {
        for (const end of ['source', 'destination']) {
          const own = flow[`${end}PodNamespace`];
          expect([namespace, undefined]).toContain(own);
          if (own !== undefined) expect(flow[`${end}IP`]).toBeDefined();
          else expect(flow[`${end}PodName`] ?? flow[`${end}PodLabels`]).toBeUndefined();
        }
      }
      const others = flows.filter((flow) => flow.flowType === 'InterNode');
      for (const flow of others)
        expect(flow.sourceIP === undefined || flow.destinationIP === undefined).toBe(true);
    }

    it.each(namespaces)(
      'shows exactly what is theirs of the last minutes to who reads %s',
      async (namespace) => {
        const flows = (await readers[namespace].flows('--last', '100000')).filter(isMade());
        expect(sortedKeys(flows)).toEqual(keysOf(namespace).toSorted());
        expectReduced(flows, namespace);
      },
    );

    it.each(namespaces)('shows exactly what is theirs of the table to who reads %s', async (namespace) => {
      const flows = await readers[namespace].flowRecords();
      const known = flows.filter(isMade());
      const inTable = new Set((await readAll()).filter(isMade()).map(keyOf));
      expect(sortedKeys(known)).toEqual(
        keysOf(namespace)
          .filter((key) => inTable.has(key))
          .toSorted(),
      );
      expect(known.length).toBeGreaterThan(0);
    });

    const readAll = async () => JSON.parse(await weir.ask('/flowrecords')) as FlowLine[];

    it('shows exactly what is theirs live', async () => {
      const following = namespaces.map((name) => readers[name].start('flows', '--follow', '-o', 'json'));
      // The stream has begun for each once it shows the first talk.
      const title = 'a Pod to a Pod on another node';
      const ports: number[] = [];
      await until('both who may see it to see it', async () => {
        ports.push((await converse(scene, kinds[title]!, 'v4')).localPort);
        const seen = following.map(({ stdout }) => ports.some((port) => stdout.includes(`${port}`)));
        return seen[0] && seen[1];
      });
      for (const program of following) await program.stop();
      const [shop, bank, other] = following.map(({ stdout }) =>
        printedFlows(stdout.slice(0, stdout.lastIndexOf('\n') + 1)).filter((flow) =>
          ports.includes(Number(flow.sourceTransportPort)),
        ),
      );
      expect(other).toEqual([]);
      expect(shop![0]).toMatchObject({ sourcePodName: 'client', sourcePodNamespace: 'shop' });
      expect(bank![0]).toMatchObject({ destinationPodName: scene.far.name });
      expectReduced(shop!, 'shop');
      expectReduced(bank!, 'bank');
    });

    it('finds one flow by its five values', async () => {
      const { localPort } = conversations.get('a Pod to its own Service', 'v4');
      const { v4 } = scene.near.addresses;
      const source = ['--srcip', v4, '--srcport', `${localPort}`, '--proto', 'tcp'];
      const flows = await readers.default.flowRecords(...source, '--dstip', v4, '--dstport', '8080');
      expect(flows).toMatchObject([{ sourcePodName: scene.near.name, sourceNodeName: 'node-1' }]);
    });
  });

  requires('chromium')('in the console of who may read all', () => {
    let traffic: AllTraffic;
    let console: ClusterConsole;

    beforeAll(async () => {
      for (const family of families) for (const title of titles) await conversations.recordsOf(title, family);
      traffic = await readTraffic(scene);
      const place = {
        namespace: cluster.nodes[0]!.namespace,
        server: `https://${weir.pod.addresses.v4}:10348`,
      };
      const reader = await FlowReader.ofAll(cluster, place);
      const counting = ['query', '--since', '1h', '--measure', 'records', '--where', where(), '-o', 'json'];
      const keys = countedTalks().map(keyOf);
      await until('all their records in the history', async () => {
        const { totals } = JSON.parse(await reader.start(...counting).succeeds()) as QueryAnswer;
        const { lines } = conversations;
        const told = lines.map((line) => `${line.sourceTransportPort} ${line.destinationTransportPort}`);
        return totals[0] === told.filter((key) => keys.includes(key)).length;
      });
      console = await ClusterConsole.open(reader, place.namespace);
    });

    afterAll(() => console?.[Symbol.asyncDispose]());

    /** The conversations whose packets are counted one by one. */
    const countedTitles = titles.filter((title) => !kinds[title]!.isOfNode && !kinds[title]!.denial);
    const countedTalks = () =>
      countedTitles.flatMap((title) =>
        families.map((family) => {
          const kind = kinds[title]!;
          const { localPort } = conversations.get(title, family);
          const { sent, received } = traffic
            .get(kind.from(scene))!
            .get(`${kind.protocol ?? 'tcp'} ${localPort}`)!;
          const truth = truthOf(scene, kind, family, { localPort, fromMs: 0, toMs: 0 });
          return { localPort, truth, octets: sent.octets + received.octets };
        }),
      );

    type Talk = ReturnType<typeof countedTalks>[number];
    const keyOf = ({ localPort, truth }: Talk) => `${localPort} ${truth.destinationTransportPort}`;
    const where = () =>
      countedTalks()
        .map(keyOf)
        .map((key) => `(sourcePort=${key.replace(' ', ' and destinationPort=')})`)
        .join(' or ');
    const search = (parameters: Readonly<Record<string, string>>) =>
      `${new URLSearchParams({ ...parameters, where: where() })}`;

    /** What nftables has counted between the ends, by names. */
    function octetsBetween(namesOf: (truth: Talk['truth']) => readonly string[]): DrawnOctets {
      const sums = new Map<string, number>();
      for (const { truth, octets } of countedTalks()) {
        const name = namesOf(truth).join(' → ');
        sums.set(name, (sums.get(name) ?? 0) + octets);
      }
      return Object.fromEntries([...sums].map(([name, octets]) => [name, String(octets)]));
    }

    const outside = 'outside all namespaces';
    const namespaces = ({ sourcePodNamespace, destinationPodNamespace }: Talk['truth']) => [
      sourcePodNamespace ?? outside,
      destinationPodNamespace ?? outside,
    ];

    it('are edges between namespaces on the map, with the octets that nftables counted', async () => {
      const expected = octetsBetween(namespaces);
      expect(Object.keys(expected)).toContain('shop → bank');
      const { drawn, listed } = await console.map(search({ of: 'namespaces' }));
      expect(drawn).toEqual(expected);
      expect(listed).toEqual(expected);
    });

    it('are edges of workloads inside of a namespace that is opened', async () => {
      const expected = octetsBetween((truth) => {
        const [from, to] = namespaces(truth);
        if (![from, to].includes('bank')) return [from!, to!];
        return [
          from === 'bank' ? truth.sourceWorkloadName! : from!,
          to === 'bank' ? truth.destinationWorkloadName! : to!,
        ];
      });
      const { drawn } = await console.map(search({ of: 'namespaces', open: '"bank"' }));
      expect(drawn).toEqual(expected);
    });

    it('are links between workloads in a sankey', async () => {
      const workload = (namespace: string | undefined, name: string | undefined, node: string | undefined) =>
        namespace === undefined ? (node ?? 'none') : `${namespace}/${name}`;
      const expected = octetsBetween((truth) => [
        workload(truth.sourcePodNamespace, truth.sourceWorkloadName, truth.sourceNodeName),
        workload(truth.destinationPodNamespace, truth.destinationWorkloadName, truth.destinationNodeName),
      ]);
      const by = 'sourceWorkload,destinationWorkload';
      expect(await console.sankey(search({ by }))).toEqual(expected);
    });
  });

  it('names no Pod behind a Service without endpoints', () => {
    const addresses: unknown[] = Object.values(scene.services.empty.addresses);
    const called = conversations.lines.filter(
      ({ destinationIP, destinationServiceIP }) =>
        addresses.includes(destinationIP) || addresses.includes(destinationServiceIP),
    );
    for (const line of called) expect(line).not.toHaveProperty('destinationPodName');
  });

  it('balances every account of agents and aggregator', async () => {
    const ledgers = await weir.stop();
    expect(ledgers.filter(({ closes }) => !closes)).toEqual([]);
  });
});
