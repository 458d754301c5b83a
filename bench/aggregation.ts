import { Aggregator } from '../src/aggregator/index.ts';
import {
  BatchLayout,
  Dictionary,
  type FieldName,
  FlowBatch,
  type FlowEnricher,
  type FlowTally,
  fieldNames,
  formatAddress,
  Observer,
} from '../src/flow/index.ts';
import { type Clock, Ledger } from '../src/runtime/index.ts';
import { threadTimeMs } from '../test/support/thread-time.ts';
import { type BenchRow, measureInterleaved, measureWork, rateRow, timesFaster } from './measure.ts';

const FLOWS = 200_000;
/** Records of each node for one flow. */
const ROUNDS = 4;
const BATCH_ROWS = 1024;
export const RECORDS = FLOWS * 2 * ROUNDS;
export const START = Date.UTC(2026, 0, 1);

export const title = `aggregation: ${FLOWS.toLocaleString('en')} live flows, two nodes, ${ROUNDS} records of each`;

export async function run(): Promise<BenchRow[]> {
  const traffic = new Traffic();
  traffic.play(sameBatch, lasting.accept);
  const whole = await measureWork(() => timeWhole(traffic), { runs: 5, warmup: 1 });
  const octetsAFlow = measureMemory(traffic);
  const times = await measureInterleaved(
    {
      weir: () => traffic.play(sameBatch, weirTarget().accept),
      map: () => traffic.play(sameBatch, mapTarget()),
    },
    { runs: 5, warmup: 1 },
  );
  return [
    rateRow('records joined and aggregated', 'records/CPU-s', RECORDS, times.weir, {
      ratio: timesFaster(times.weir, times.map),
      against: 'a Map by a string of the 5-tuple, an object a flow',
      target: { of: 'ratio', atLeast: 4 },
    }),
    rateRow('the same, with expiry and reports to a null sink', 'records/CPU-s', RECORDS, whole),
    {
      name: 'memory of a live flow, all in',
      median: octetsAFlow,
      unit: 'octets/flow',
      target: { atMost: 400 },
    },
  ];
}

/** A clock that stands still until it is set. */
class StandingClock implements Clock {
  ms = START;
  #ticks: (() => void)[] = [];

  now(): number {
    return this.ms;
  }

  monotonic(): number {
    return this.ms;
  }

  wallAt(monotonicMs: number): number {
    return monotonicMs;
  }

  after(_delayMs: number, callback: () => void): () => void {
    this.#ticks.push(callback);
    return () => {};
  }

  every(_periodMs: number, callback: () => void): () => void {
    this.tick = callback;
    return () => {};
  }

  tick: () => void = () => {};

  /** @returns whether a callback was left to run */
  runOne(): boolean {
    const next = this.#ticks.pop();
    next?.();
    return next !== undefined;
  }
}

function weirTarget({ enrichers = [], makeTally }: WholeParts = {}) {
  const clock = new StandingClock();
  const ledger = new Ledger();
  const done: FlowBatch[] = [];
  const outlet = {
    records: 0,
    write(batch: FlowBatch) {
      outlet.records += batch.length;
      if (batch.isFull) done.push(batch);
    },
    hasRoomFor: () => true,
    async room() {},
    spare: () => done.pop(), // as a fan-out does when its sinks are done
  };
  const tally = makeTally?.({ clock, ledger });
  const aggregator = new Aggregator({ clock, ledger, outlet, enrichers, tally }, { clockSkewMs: 0 });
  return { clock, ledger, outlet, aggregator, accept: (batch: FlowBatch) => aggregator.accept(batch) };
}

/** Lives as long as this process: when its last aggregator dies, V8 discards the code compiled for it. */
const lasting = weirTarget();

/** What an aggregator may have besides. */
export interface WholeParts {
  readonly enrichers?: readonly FlowEnricher[];
  readonly makeTally?: (parts: { clock: Clock; ledger: Ledger }) => FlowTally;
}

/** What is done with a batch of a node before its time counts, and how it is taken in. */
export interface Intake<Sent> {
  prepare(batch: FlowBatch): Sent;
  take(sent: Sent, accept: (batch: FlowBatch) => void): void;
}

const sameBatch = (batch: FlowBatch): FlowBatch => batch;
export const batches: Intake<FlowBatch> = { prepare: sameBatch, take: (batch, accept) => accept(batch) };

/** Four rounds of records; all flows are reported once in between and once at the end. */
export async function timeWhole(traffic: Traffic): Promise<number> {
  const { only } = await timeByTurns(traffic, { only: { intake: batches } });
  return only;
}

/** An aggregator, and how it gets records. */
export interface Way extends WholeParts {
  readonly intake: Intake<unknown>;
}

/**
 * The same for several aggregators, which get each batch by turns, and report each slice by turns. Whatever
 * else goes on at the machine then slows all of them down alike.
 * @returns the milliseconds of each
 */
export async function timeByTurns<Name extends string>(
  traffic: Traffic,
  ways: Record<Name, Way>,
): Promise<Record<Name, number>> {
  const names = Object.keys(ways) as Name[];
  const stands = names.map((name) => new Stand(ways[name]));
  for (const { aggregator } of stands) await aggregator.start();
  let turns = 0;
  const byTurns = () => (turns++ % 2 === 0 ? stands : stands.toReversed());
  const expireFlows = (ms: number) => {
    for (const stand of stands) stand.sweep(ms);
    let sweeping = stands.length;
    while (sweeping > 0) sweeping = byTurns().filter((stand) => stand.sweepOn()).length;
  };
  traffic.play(
    sameBatch,
    (batch) => {
      for (const stand of byTurns()) stand.take(batch);
    },
    () => expireFlows(1_000),
  );
  expireFlows(120_000);
  for (const { outlet } of stands)
    if (outlet.records < FLOWS) throw new Error(`${outlet.records} records came out of ${FLOWS} flows`);
  return Object.fromEntries(names.map((name, i) => [name, stands[i]!.ms])) as Record<Name, number>;
}

/** An aggregator with its time. */
class Stand {
  ms = 0;
  readonly #target: ReturnType<typeof weirTarget>;
  readonly #intake: Intake<unknown>;

  constructor({ intake, ...parts }: Way) {
    this.#target = weirTarget(parts);
    this.#intake = intake;
  }

  get aggregator(): Aggregator {
    return this.#target.aggregator;
  }

  get outlet(): { readonly records: number } {
    return this.#target.outlet;
  }

  take(batch: FlowBatch): void {
    const sent = this.#intake.prepare(batch);
    this.#time(() => this.#intake.take(sent, this.#target.accept));
  }

  /** The first slice of a sweep, after some time. */
  sweep(ms: number): void {
    const { clock } = this.#target;
    clock.ms += ms;
    this.#time(() => clock.tick());
  }

  /** @returns whether there was another slice */
  sweepOn(): boolean {
    return this.#time(() => this.#target.clock.runOne());
  }

  #time<T>(work: () => T): T {
    const started = threadTimeMs();
    const result = work();
    this.ms += threadTimeMs() - started;
    return result;
  }
}

/** Bytes by which the process grows for each live flow. */
function measureMemory(traffic: Traffic): number {
  traffic.play(sameBatch, weirTarget().accept);
  const before = memoryOctets();
  const { aggregator, accept } = weirTarget();
  traffic.play(sameBatch, accept);
  const octets = memoryOctets() - before;
  if (aggregator.memoryOctets > octets * 1.2) throw new Error('the process holds less than the table says');
  return octets / FLOWS;
}

function memoryOctets(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** The fields of the agents' template. */
const carried = fieldNames.filter(
  (name) =>
    !/From(Source|Destination)Node$|hroughput|Interface|Labels|^(clusterId|vlanId|ipClassOfService|tcpControlBits|icmpTypeCode)$/.test(
      name,
    ),
);

/** Both nodes' records of all flows, round after round. */
export class Traffic {
  readonly #batches: FlowBatch[] = [];
  /** Refilled repeatedly, as a collector does. */
  readonly #incoming: FlowBatch;

  constructor() {
    const layout = new BatchLayout(carried, BATCH_ROWS);
    const dictionary = new Dictionary();
    const origin = { exporter: '10.0.0.1:4739', observationDomainId: 1 };
    this.#incoming = new FlowBatch(layout, dictionary, origin);
    for (const side of ['source', 'destination'] as const) {
      for (let first = 0; first < FLOWS; first += BATCH_ROWS) {
        const batch = new FlowBatch(layout, dictionary);
        batch.length = Math.min(BATCH_ROWS, FLOWS - first);
        for (let row = 0; row < batch.length; row++) fillRow(batch, row, first + row, side);
        this.#batches.push(batch);
      }
    }
  }

  /**
   * Passes on every record of all rounds. @returns the milliseconds that it took, without the time between
   * and that of `prepare`
   */
  play<Sent>(
    prepare: (batch: FlowBatch) => Sent,
    accept: (sent: Sent) => void,
    afterRound: () => void = () => {},
  ): number {
    this.#reset();
    let ms = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const batch of this.#batches) {
        for (const name of carried) this.#incoming.columns[name].set(batch.columns[name]);
        this.#incoming.length = batch.length;
        const sent = prepare(this.#incoming);
        const started = threadTimeMs();
        accept(sent);
        ms += threadTimeMs() - started;
      }
      afterRound();
      this.#advance();
    }
    return ms;
  }

  #reset(): void {
    for (const { columns, length } of this.#batches) {
      for (let row = 0; row < length; row++) {
        columns.flowEndMilliseconds[row] = columns.flowStartMilliseconds[row]! + 5_000;
        for (const [total, delta] of counterPairs) columns[total][row] = columns[delta][row]!;
      }
    }
  }

  #advance(): void {
    for (const { columns, length } of this.#batches) {
      for (let row = 0; row < length; row++) {
        columns.flowEndMilliseconds[row]! += 5_000;
        for (const [total, delta] of counterPairs) columns[total][row]! += columns[delta][row]!;
      }
    }
  }
}

const counterPairs = [
  ['octetTotalCount', 'octetDeltaCount'],
  ['packetTotalCount', 'packetDeltaCount'],
  ['reverseOctetTotalCount', 'reverseOctetDeltaCount'],
  ['reversePacketTotalCount', 'reversePacketDeltaCount'],
] as const satisfies [FieldName, FieldName][];

function fillRow(
  { columns, dictionary }: FlowBatch,
  row: number,
  flow: number,
  side: 'source' | 'destination',
): void {
  const [pod, peer] = [flow % 4_000, (flow * 7 + 1) % 4_000];
  columns.flowStartMilliseconds[row] = START + (flow % 1_000);
  columns.observationPointId[row] = side === 'source' ? Observer.source : Observer.destination;
  columns.biflowDirection[row] = 1; // both nodes have seen its start
  columns.flowEndReason[row] = 2;
  columns.flowId[row] = flow + 1;
  columns.sourceIP.set([0, 0, 0xffff, 0x0a0a_0000 + pod], row * 4);
  columns.destinationIP.set([0, 0, 0xffff, 0x0a14_0000 + peer], row * 4);
  columns.sourceTransportPort[row] = 1024 + Math.floor(flow / 4_000);
  columns.destinationTransportPort[row] = 8080;
  columns.protocolIdentifier[row] = 6;
  for (const [i, [, delta]] of counterPairs.entries()) columns[delta][row] = 100 + i + (flow % 50);
  const own = side === 'source' ? pod : peer;
  columns[`${side}PodNamespace`][row] = dictionary.internText(`namespace-${own % 40}`);
  columns[`${side}PodName`][row] = dictionary.internText(`workload-${own % 400}-6d4cf56db6-${own}`);
  columns[`${side}NodeName`][row] = dictionary.internText(`node-${own % 50}`);
  columns.flowType[row] = 2;
  columns.tcpState[row] = dictionary.internText('ESTABLISHED');
  const direction = side === 'source' ? 'egress' : 'ingress';
  columns[`${direction}NetworkPolicyNamespace`][row] = dictionary.internText(`namespace-${own % 40}`);
  columns[`${direction}NetworkPolicyName`][row] = dictionary.internText(`policy-${own % 100}`);
  columns[`${direction}NetworkPolicyRuleName`][row] = dictionary.internText('allow-clients');
  columns[`${direction}NetworkPolicyRuleAction`][row] = 1;
  columns[`${direction}NetworkPolicyType`][row] = 1;
  if (side === 'destination') return;
  columns.destinationServiceIP.set([0, 0, 0xffff, 0x0a60_0000 + (peer % 500)], row * 4);
  columns.destinationServicePort[row] = 80;
  columns.destinationServicePortName[row] = dictionary.internText(
    `namespace-${peer % 40}/service-${peer % 500}:http`,
  );
}

/** The obvious way: a string as key, an object for each flow. */
function mapTarget(): (batch: FlowBatch) => void {
  interface Half {
    flowId: number;
    start: number;
    end: number;
    totals: number[];
    deltas: number[];
    throughput: number;
    reverseThroughput: number;
  }
  interface Flow {
    start: number;
    end: number;
    names: Partial<Record<FieldName, string>>;
    numbers: Partial<Record<FieldName, number>>;
    ends: Partial<Record<FieldName, string | number>>;
    source: Half | undefined;
    destination: Half | undefined;
    endReason: number;
    updatedAt: number;
    isReady: boolean;
  }
  const flows = new Map<string, Flow>();
  const names = carried.filter((name) =>
    /Name$|Namespace$|^tcpState$|^egressIP$/.test(name),
  ) as 'sourcePodName'[];
  const numbers = carried.filter((name) => /RuleAction$|PolicyType$|^flowType$/.test(name)) as 'flowType'[];
  return (batch) => {
    const { columns, dictionary } = batch;
    const updatedAt = Date.now();
    for (let i = 0; i < batch.length; i++) {
      const source = formatAddress(columns.sourceIP, i * 4);
      const destination = formatAddress(columns.destinationIP, i * 4);
      const ports = `${columns.sourceTransportPort[i]}:${columns.destinationTransportPort[i]}`;
      const key = `${source}:${destination}:${ports}:${columns.protocolIdentifier[i]}`;
      const start = columns.flowStartMilliseconds[i]!;
      const end = columns.flowEndMilliseconds[i]!;
      let flow = flows.get(key);
      if (flow === undefined) {
        flow = {
          start,
          end,
          names: {},
          numbers: {},
          ends: {},
          source: undefined,
          destination: undefined,
          endReason: 0,
          updatedAt,
          isReady: false,
        };
        flows.set(key, flow);
      }
      const side = columns.sourcePodName[i] !== 0 ? 'source' : 'destination';
      const flowId = columns.flowId[i]!;
      if (flow[side] === undefined) {
        flow[side] = {
          flowId,
          start,
          end: start,
          totals: [0, 0, 0, 0],
          deltas: [0, 0, 0, 0],
          throughput: 0,
          reverseThroughput: 0,
        };
        flow.start = Math.min(flow.start, start);
        flow.ends.sourceIP = source;
        flow.ends.destinationIP = destination;
        flow.ends.sourceTransportPort = columns.sourceTransportPort[i]!;
        flow.ends.destinationTransportPort = columns.destinationTransportPort[i]!;
        if (columns.destinationServicePort[i] !== 0) {
          flow.ends.destinationServiceIP = formatAddress(columns.destinationServiceIP, i * 4);
          flow.ends.destinationServicePort = columns.destinationServicePort[i]!;
        }
      }
      const half = flow[side];
      if (half.flowId !== flowId || half.start !== start) throw new Error('no 5-tuple is used again here');
      if (end <= half.end) continue;
      const scale = 8000 / (end - half.end);
      half.throughput = (columns.octetTotalCount[i]! - half.totals[0]!) * scale;
      half.reverseThroughput = (columns.reverseOctetTotalCount[i]! - half.totals[2]!) * scale;
      for (const [k, [total, delta]] of counterPairs.entries()) {
        half.totals[k] = columns[total][i]!;
        half.deltas[k]! += columns[delta][i]!;
      }
      half.end = end;
      if (end >= flow.end) {
        flow.end = end;
        flow.endReason = columns.flowEndReason[i]!;
      }
      for (const name of names) {
        const id = columns[name][i]!;
        if (id !== 0) flow.names[name] = dictionary.text(id);
      }
      for (const name of numbers) if (columns[name][i] !== 0) flow.numbers[name] = columns[name][i]!;
      flow.updatedAt = updatedAt;
      flow.isReady = flow.source !== undefined && flow.destination !== undefined;
    }
  };
}
