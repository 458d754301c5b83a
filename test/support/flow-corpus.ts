import {
  BatchLayout,
  Dictionary,
  EndReason,
  FlowBatch,
  type FlowRecord,
  FlowType,
  fieldNames,
  Protocol,
  RuleAction,
  writeRecord,
} from '../../src/flow/index.ts';

/*
 * The flow records of a busy cluster as an aggregator reports them, the same for the same options. It has
 * 2,000 workloads of three Pods each in 80 namespaces on 60 nodes, some with far more traffic than others.
 * They make HTTP requests, DNS look-ups, lasting database connections and external connections, and policies
 * deny some.
 */

export interface CorpusOptions {
  readonly records: number;
  readonly workloads?: number;
  /** Milliseconds since 1970 of the first record. */
  readonly startMs: number;
  readonly recordsPerSecond?: number;
  readonly rowsPerBatch?: number;
  /**
   * Records that are made individually, default all. Later ones repeat these with other ports, times and
   * counters. That is some twenty times as fast, and enough when connections between the same ends recur.
   */
  readonly distinct?: number;
}

const NAMESPACES = 80;
const NODES = 60;
const PODS_A_WORKLOAD = 3;
const PEERS = 8;
const words = [
  'cart',
  'order',
  'pay',
  'user',
  'stock',
  'mail',
  'search',
  'rank',
  'log',
  'feed',
  'geo',
  'auth',
  'price',
  'media',
  'push',
  'audit',
];
const roles = ['api', 'worker', 'web', 'cache', 'db', 'gateway', 'job', 'sync'];
const ports = [8080, 80, 443, 5432, 6379, 9092, 3000, 9090];
const safe = 'bcdfghjklmnpqrstvwxz2456789';

interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
  readonly pods: readonly { readonly name: string; readonly node: number; readonly ip: string }[];
  readonly peers: readonly number[];
  readonly isProtected: boolean;
}

export class FlowCorpus {
  readonly #options: Required<CorpusOptions>;
  readonly #random: () => number;
  readonly #workloads: readonly Workload[];

  constructor(options: CorpusOptions) {
    const { records } = options;
    const defaults = { workloads: 2_000, recordsPerSecond: 30_000, rowsPerBatch: 1_024, distinct: records };
    this.#options = { ...defaults, ...options };
    this.#random = seeded(1);
    this.#workloads = Array.from({ length: this.#options.workloads }, (_, w) => this.#workload(w));
  }

  /** Batches with every field, as from an aggregator. */
  *batches(dictionary = new Dictionary()): Generator<FlowBatch> {
    const { records, distinct, rowsPerBatch } = this.#options;
    const layout = new BatchLayout(fieldNames, rowsPerBatch);
    const made: FlowBatch[] = [];
    for (let first = 0; first < records; first += rowsPerBatch) {
      const like = made[Math.floor((first % distinct) / rowsPerBatch)];
      const batch = new FlowBatch(layout, dictionary);
      batch.length = Math.min(rowsPerBatch, records - first);
      if (like === undefined || first < distinct) {
        for (let row = 0; row < batch.length; row++) writeRecord(batch, row, this.#record(first + row));
        if (records > distinct) made.push(batch);
      } else this.#repeat(like, batch, first - (first % distinct));
      yield batch;
    }
  }

  /** Repeats the same connections, this many records later. */
  #repeat({ columns: from }: FlowBatch, { columns: to, length }: FlowBatch, later: number): void {
    const laterMs = Math.floor((later * 1000) / this.#options.recordsPerSecond);
    for (const name of fieldNames) (to[name] as Float64Array).set(from[name] as Float64Array);
    for (let row = 0; row < length; row++) {
      to.sourceTransportPort[row] = this.#ephemeral();
      const spreadMs = Math.floor(this.#random() * 1_000);
      to.flowStartMilliseconds[row]! += laterMs - spreadMs + Math.floor(this.#exponential(30));
      for (const name of endFields) to[name][row]! += laterMs;
      const octets = Math.floor(this.#exponential(300));
      for (const name of octetFields) to[name][row]! += octets;
    }
  }

  #record(index: number): FlowRecord {
    const { startMs, recordsPerSecond } = this.#options;
    const now = startMs + (index * 1000) / recordsPerSecond;
    const client = this.#workloads[this.#skewed(this.#workloads.length)]!;
    const kind = this.#random();
    if (kind < 0.1) return this.#toExternal(client, now);
    if (kind < 0.2) return this.#lookUp(client, now);
    const server = this.#workloads[client.peers[this.#skewed(PEERS)]!]!;
    if (server.isProtected && this.#random() < 0.2) return this.#denied(client, server, now);
    return this.#between(client, server, now, kind > 0.9);
  }

  #between(client: Workload, server: Workload, now: number, stays: boolean): FlowRecord {
    const [from, to] = [this.#pod(client), this.#pod(server)];
    const packets = 4 + Math.floor(this.#exponential(stays ? 200 : 8));
    const reversePackets = Math.max(3, Math.round(packets * (0.7 + this.#random() * 0.6)));
    const octets = packets * 52 + Math.floor(this.#exponential(900));
    const reverseOctets = reversePackets * 52 + Math.floor(this.#exponential(stays ? 90_000 : 6_000));
    const earlier = stays ? 1 + Math.floor(this.#exponential(40)) : 0;
    const durationMs = stays ? 60_000 * earlier + 30_000 * this.#random() : this.#exponential(120);
    const isService = this.#random() < 0.7;
    const times = this.#times(now, durationMs);
    const record: FlowRecord = {
      ...times,
      flowEndReason: stays ? EndReason.active : EndReason.end,
      flowId: this.#flowId(),
      sourceIP: from.ip,
      destinationIP: to.ip,
      sourceTransportPort: this.#ephemeral(),
      destinationTransportPort: server.port,
      protocolIdentifier: Protocol.tcp,
      ...this.#counters(
        { octets, packets, reverseOctets, reversePackets },
        earlier,
        stays ? 60_000 : coveredMs(times),
      ),
      ...endOf('source', client, from),
      ...endOf('destination', server, to),
      ...(isService && {
        destinationServiceIP: `10.96.${server.name.length % 32}.${server.port % 251}`,
        destinationServicePort: 80,
        destinationServicePortName: `${server.namespace}/${server.name}:http`,
      }),
      ...(server.isProtected && {
        ingressNetworkPolicyNamespace: server.namespace,
        ingressNetworkPolicyName: `allow-to-${server.name}`,
        ingressNetworkPolicyType: 1,
        ingressNetworkPolicyRuleName: 'clients',
        ingressNetworkPolicyRuleAction: RuleAction.allow,
      }),
      tcpState: stays ? 'ESTABLISHED' : 'TIME_WAIT',
      flowType: from.node === to.node ? FlowType.intraNode : FlowType.interNode,
    };
    return this.#asNodesSay(record, stays);
  }

  #lookUp(client: Workload, now: number): FlowRecord {
    const from = this.#pod(client);
    const octets = 60 + Math.floor(this.#random() * 40);
    const reverseOctets = octets + Math.floor(this.#random() * 200);
    const times = this.#times(now, 1 + this.#random() * 4);
    const record: FlowRecord = {
      ...times,
      flowEndReason: EndReason.idle,
      flowId: this.#flowId(),
      sourceIP: from.ip,
      destinationIP: `10.244.0.${2 + Math.floor(this.#random() * 2)}`,
      sourceTransportPort: this.#ephemeral(),
      destinationTransportPort: 53,
      protocolIdentifier: Protocol.udp,
      ...this.#counters({ octets, packets: 1, reverseOctets, reversePackets: 1 }, 0, coveredMs(times)),
      ...endOf('source', client, from),
      destinationPodNamespace: 'kube-system',
      destinationPodName: 'coredns-7db6d8ff4d-kx2vw',
      destinationNodeName: 'node-0',
      destinationServiceIP: '10.96.0.10',
      destinationServicePort: 53,
      destinationServicePortName: 'kube-system/kube-dns:dns',
      flowType: FlowType.interNode,
    };
    return this.#asNodesSay(record, false);
  }

  #toExternal(client: Workload, now: number): FlowRecord {
    const from = this.#pod(client);
    const packets = 6 + Math.floor(this.#exponential(20));
    const reversePackets = 5 + Math.floor(this.#exponential(40));
    const durationMs = this.#exponential(2_000);
    const octets = packets * 52 + Math.floor(this.#exponential(2_000));
    const reverseOctets = reversePackets * 60 + Math.floor(this.#exponential(30_000));
    const times = this.#times(now, durationMs);
    const record: FlowRecord = {
      ...times,
      flowEndReason: EndReason.end,
      flowId: this.#flowId(),
      sourceIP: from.ip,
      destinationIP: `198.51.${100 + this.#skewed(100)}.${this.#skewed(250)}`,
      sourceTransportPort: this.#ephemeral(),
      destinationTransportPort: 443,
      protocolIdentifier: Protocol.tcp,
      ...this.#counters({ octets, packets, reverseOctets, reversePackets }, 0, coveredMs(times)),
      ...endOf('source', client, from),
      proxySnatIP: `192.0.2.${from.node}`,
      proxySnatPort: this.#ephemeral(),
      tcpState: 'TIME_WAIT',
      flowType: FlowType.toExternal,
    };
    return oneNode(record, 'Source');
  }

  #denied(client: Workload, server: Workload, now: number): FlowRecord {
    const [from, to] = [this.#pod(client), this.#pod(server)];
    const packets = 1 + Math.floor(this.#random() * 3);
    const record: FlowRecord = {
      ...this.#times(now, packets * 1_000),
      flowEndReason: EndReason.idle,
      flowId: this.#flowId(),
      sourceIP: from.ip,
      destinationIP: to.ip,
      sourceTransportPort: this.#ephemeral(),
      destinationTransportPort: server.port,
      protocolIdentifier: Protocol.tcp,
      octetTotalCount: packets * 60,
      packetTotalCount: packets,
      octetDeltaCount: packets * 60,
      packetDeltaCount: packets,
      ...endOf('source', client, from),
      ...endOf('destination', server, to),
      ingressNetworkPolicyNamespace: server.namespace,
      ingressNetworkPolicyName: `allow-to-${server.name}`,
      ingressNetworkPolicyType: 1,
      ingressNetworkPolicyRuleAction: RuleAction.drop,
      flowType: FlowType.interNode,
    };
    return oneNode(record, 'Destination');
  }

  #times(now: number, durationMs: number): Times {
    const end = Math.floor(now - this.#random() * 5_000);
    return { flowStartMilliseconds: Math.floor(end - durationMs), flowEndMilliseconds: end };
  }

  /**
   * The counts since the previous record, of which there have been `earlier`, as totals, deltas and rates.
   */
  #counters(delta: Counts, earlier: number, coveredMs: number): FlowRecord {
    const before = (count: number) => Math.floor(count * earlier * (0.8 + 0.4 * this.#random()));
    const rate = (octets: number) => (coveredMs >= 1 ? Math.round((octets * 8_000) / coveredMs) : undefined);
    const [throughput, reverseThroughput] = [rate(delta.octets), rate(delta.reverseOctets)];
    return {
      octetTotalCount: delta.octets + before(delta.octets),
      packetTotalCount: delta.packets + before(delta.packets),
      octetDeltaCount: delta.octets,
      packetDeltaCount: delta.packets,
      reverseOctetTotalCount: delta.reverseOctets + before(delta.reverseOctets),
      reversePacketTotalCount: delta.reversePackets + before(delta.reversePackets),
      reverseOctetDeltaCount: delta.reverseOctets,
      reversePacketDeltaCount: delta.reversePackets,
      ...(throughput !== undefined && reverseThroughput !== undefined && { throughput, reverseThroughput }),
    };
  }

  /**
   * For an ended flow, both nodes have the same counts; for an ongoing one, each node saw it at another time.
   */
  #asNodesSay(record: FlowRecord, goesOn: boolean): FlowRecord {
    const source = oneNode(record, 'Source');
    const destination = oneNode(record, 'Destination');
    if (!goesOn) return { ...source, ...destination };
    const behind = Object.entries(destination).map(([name, value]) => [
      name,
      name.endsWith('FromDestinationNode') && !name.startsWith('flowEnd')
        ? Math.floor((value as number) * (0.9 + 0.1 * this.#random()))
        : value,
    ]);
    return { ...source, ...Object.fromEntries(behind) };
  }

  #workload(w: number): Workload {
    const namespace = `team-${words[w % words.length]}-${w % NAMESPACES}`;
    const name = `${words[(w * 7) % words.length]}-${roles[w % roles.length]}-${w}`;
    const replicaSet = this.#letters(10);
    return {
      name,
      namespace,
      port: ports[w % ports.length]!,
      isProtected: w % 5 === 0,
      peers: Array.from({ length: PEERS }, () => Math.floor(this.#random() * this.#options.workloads)),
      pods: Array.from({ length: PODS_A_WORKLOAD }, (_, p) => ({
        name: `${name}-${replicaSet}-${this.#letters(5)}`,
        node: Math.floor(this.#random() * NODES),
        ip: `10.244.${1 + ((w * PODS_A_WORKLOAD + p) >> 8)}.${(w * PODS_A_WORKLOAD + p) & 255}`,
      })),
    };
  }

  #pod(workload: Workload): Workload['pods'][number] {
    return workload.pods[Math.floor(this.#random() * PODS_A_WORKLOAD)]!;
  }

  #letters(count: number): string {
    return Array.from({ length: count }, () => safe[Math.floor(this.#random() * safe.length)]).join('');
  }

  /** Small numbers far more often than large ones. */
  #skewed(count: number): number {
    return Math.floor(count * this.#random() ** 2.5);
  }

  #exponential(mean: number): number {
    return -mean * Math.log(1 - this.#random());
  }

  #ephemeral(): number {
    return 32_768 + Math.floor(this.#random() * 28_232);
  }

  #flowId(): number {
    return Math.floor(this.#random() * 0x1_0000_0000);
  }
}

const endFields = fieldNames.filter(
  (name) => name.startsWith('flowEndSeconds') || name === 'flowEndMilliseconds',
) as 'flowEndMilliseconds'[];
const octetFields = fieldNames.filter((name) => /ctet(Total|Delta)Count/.test(name)) as 'octetDeltaCount'[];

interface Times {
  readonly flowStartMilliseconds: number;
  readonly flowEndMilliseconds: number;
}

const coveredMs = ({ flowStartMilliseconds, flowEndMilliseconds }: Times): number =>
  flowEndMilliseconds - flowStartMilliseconds;

interface Counts {
  readonly octets: number;
  readonly packets: number;
  readonly reverseOctets: number;
  readonly reversePackets: number;
}

function endOf(end: 'source' | 'destination', workload: Workload, pod: Workload['pods'][number]): FlowRecord {
  return {
    [`${end}PodNamespace`]: workload.namespace,
    [`${end}PodName`]: pod.name,
    [`${end}NodeName`]: `node-${pod.node}`,
  };
}

/** The record as reported by one node alone. */
function oneNode(record: FlowRecord, node: 'Source' | 'Destination'): FlowRecord {
  const counters = Object.entries(record).filter(([name]) => /(Count|hroughput)$/.test(name));
  return {
    ...record,
    ...Object.fromEntries(counters.map(([name, value]) => [`${name}From${node}Node`, value])),
    [`flowEndSecondsFrom${node}Node`]: record.flowEndMilliseconds,
  };
}

/** Mulberry32: from 0 up to but without 1. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
