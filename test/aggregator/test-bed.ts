import { onTestFinished } from 'vitest';
import { Aggregator, type AggregatorOptions } from '../../src/aggregator/index.ts';
import {
  batchOf,
  type FlowBatch,
  type FlowEnricher,
  type FlowRecord,
  type FlowTally,
  type Origin,
} from '../../src/flow/index.ts';
import { type AccountStatement, Ledger } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

/**
 * An aggregator with a clock of the test's, ten seconds after its start. When the test is over the aggregator
 * is stopped and its ledger has to close.
 */
export class TestBed {
  readonly clock: FakeClock;
  readonly ledger = new Ledger();
  readonly aggregator: Aggregator;
  readonly batches: FlowBatch[] = [];
  /** Whether the outlet has room. */
  hasRoom = true;
  /** Exporters that are connected. */
  exporters = 0;
  #taken = 0;

  constructor(
    options: AggregatorOptions = {},
    tally?: FlowTally,
    clock = new FakeClock(),
    enrichers: readonly FlowEnricher[] = [],
  ) {
    this.clock = clock;
    const outlet = {
      write: (batch: FlowBatch) => {
        this.batches.push(batch);
      },
      hasRoomFor: () => this.hasRoom,
      room: async () => {},
    };
    const exporters = () => this.exporters;
    const parts = { clock: this.clock, ledger: this.ledger, outlet, exporters, tally, enrichers };
    this.aggregator = new Aggregator(parts, options);
    void this.aggregator.start();
    this.clock.advance(10_000);
    onTestFinished(async () => {
      await this.aggregator.stop(1_000);
      if (!this.ledger.isClosed) throw new Error(`the books do not close: ${JSON.stringify(this.ledger)}`);
      if (this.flows.held !== 0) throw new Error('flows are left after stop');
    });
  }

  get now(): number {
    return this.clock.now();
  }

  send(...records: FlowRecord[]): void {
    this.aggregator.accept(batchOf(records));
  }

  sendFrom(origin: Origin, ...records: FlowRecord[]): void {
    const batch = batchOf(records);
    batch.origin = origin;
    this.aggregator.accept(batch);
  }

  /** What is reported while so much time passes. */
  pass(ms: number): FlowRecord[] {
    this.clock.advance(ms);
    return this.take();
  }

  /** What has been reported since the last look. */
  take(): FlowRecord[] {
    const fresh = this.batches.slice(this.#taken);
    this.#taken = this.batches.length;
    return fresh.flatMap((batch) => [...batch]);
  }

  /** Everything that was reported, in order. */
  get reports(): FlowRecord[] {
    return this.batches.flatMap((batch) => [...batch]);
  }

  get records(): AccountStatement {
    return this.ledger.toJSON()[0]!;
  }

  get flows(): AccountStatement {
    return this.ledger.toJSON()[1]!;
  }

  /**
   * A TCP connection between Pods on two nodes, as it stands now: begun a second ago unless said otherwise.
   */
  connection(fields: FlowRecord = {}): FlowRecord {
    return {
      sourceIP: '10.0.1.5',
      destinationIP: '10.0.2.7',
      sourceTransportPort: 40_000,
      destinationTransportPort: 8080,
      protocolIdentifier: 6,
      flowStartMilliseconds: this.now - 1_000,
      flowEndMilliseconds: this.now,
      flowEndReason: 2,
      flowType: 2,
      tcpState: 'ESTABLISHED',
      ...counts(1_000, 10, 500, 5),
      ...fields,
    };
  }

  /** The half of the source's node. */
  source(fields: FlowRecord = {}): FlowRecord {
    return this.connection({ flowId: 11, sourcePodName: 'client', sourceNodeName: 'node-a', ...fields });
  }

  /** The half of the destination's node. */
  destination(fields: FlowRecord = {}): FlowRecord {
    return this.connection({
      flowId: 22,
      destinationPodName: 'server',
      destinationNodeName: 'node-b',
      ...fields,
    });
  }
}

/** Totals, and deltas that are the same unless given: octets, packets, and both of the reverse direction. */
export function counts(
  octets: number,
  packets: number,
  reverseOctets: number,
  reversePackets: number,
  deltas: readonly number[] = [octets, packets, reverseOctets, reversePackets],
): FlowRecord {
  return {
    octetTotalCount: octets,
    packetTotalCount: packets,
    reverseOctetTotalCount: reverseOctets,
    reversePacketTotalCount: reversePackets,
    octetDeltaCount: deltas[0]!,
    packetDeltaCount: deltas[1]!,
    reverseOctetDeltaCount: deltas[2]!,
    reversePacketDeltaCount: deltas[3]!,
  };
}

export const sum = (records: readonly FlowRecord[], name: keyof FlowRecord): number =>
  records.reduce((total, record) => total + Number(record[name] ?? 0), 0);
