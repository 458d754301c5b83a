import { expect } from 'vitest';
import type { FlowBatch, FlowRecord, FlowTally } from '../../src/flow/index.ts';

export type Counts = [octets: number, packets: number, reverseOctets: number, reversePackets: number];

/** What a tally was told of one flow. */
export interface TalliedFlow {
  /** Deltas of its first record and all advances. */
  readonly counted: Counts;
  /** Deltas of all its records. */
  readonly recorded: Counts;
  records: number;
  advances: number;
}

/** Keeps what it is told, and holds the aggregator to the order in which a tally may be told. */
export class RecordingTally implements FlowTally {
  /** By the flow's number. */
  readonly open = new Map<number, TalliedFlow>();
  readonly closed: TalliedFlow[] = [];
  /** What the latest record of each open flow names. */
  readonly #named = new Map<number, FlowRecord>();

  classify(
    number: number,
    batch: FlowBatch,
    row: number,
    _now: number,
    isFirst: boolean,
    mayName: boolean,
  ): void {
    expect(isFirst).toBe(!this.open.has(number));
    const named = namedBy(batch.at(row));
    if (!mayName) expect(named).toEqual(this.#named.get(number));
    this.#named.set(number, named);
    const flow = this.open.get(number) ?? {
      counted: [0, 0, 0, 0],
      recorded: [0, 0, 0, 0],
      records: 0,
      advances: 0,
    };
    this.open.set(number, flow);
    const { columns } = batch;
    const deltas: Counts = [
      columns.octetDeltaCount[row]!,
      columns.packetDeltaCount[row]!,
      columns.reverseOctetDeltaCount[row]!,
      columns.reversePacketDeltaCount[row]!,
    ].map((delta) => delta || 0) as Counts;
    for (const delta of deltas) expect(delta).toBeGreaterThanOrEqual(0);
    flow.records++;
    add(flow.recorded, deltas);
    if (isFirst) add(flow.counted, deltas);
    expect(flow.counted).toEqual(flow.recorded);
  }

  advance(number: number, growth: Float64Array): void {
    const increase = [...growth] as Counts;
    for (const each of increase) expect(each).toBeGreaterThanOrEqual(0);
    expect(Math.max(...increase)).toBeGreaterThan(0);
    const flow = this.open.get(number)!;
    flow.advances++;
    add(flow.counted, increase);
  }

  close(number: number): void {
    const flow = this.open.get(number)!;
    expect(flow.counted).toEqual(flow.recorded);
    this.closed.push(flow);
    this.#named.delete(number);
    this.open.delete(number);
  }

  /** Flows in the order of their numbers. */
  get flows(): TalliedFlow[] {
    return [...this.open].sort(([a], [b]) => a - b).map(([, flow]) => flow);
  }
}

function add(sum: Counts, more: Counts): void {
  for (const [k, each] of more.entries()) sum[k]! += each;
}

/** All of a record but what goes on while the flow does: counters, times and states. */
function namedBy(record: FlowRecord): FlowRecord {
  const goesOn = /Count|^throughput|^reverseThroughput|^flow(Start|End|Id)|^tcp(State|ControlBits)/;
  return Object.fromEntries(Object.entries(record).filter(([name]) => !goesOn.test(name)));
}
