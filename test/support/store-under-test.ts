import { ConnectionDirection } from '../../src/exporter/connection-direction.ts';
import { ConnectionFilter, type ConnectionFilterOptions } from '../../src/exporter/connection-filter.ts';
import { ConnectionRecorder, type DeniedIndex } from '../../src/exporter/connection-recorder.ts';
import { ConnectionStore } from '../../src/exporter/connection-store.ts';
import { ConnectionTable } from '../../src/exporter/connection-table.ts';
import { FlowWriter } from '../../src/exporter/flow-writer.ts';
import { type IsWorkload, NodeNetwork, type NodeNetworkOptions } from '../../src/exporter/node-network.ts';
import type { RecordNamer } from '../../src/exporter/record-namer.ts';
import { RecordSchedule } from '../../src/exporter/record-schedule.ts';
import { TrackingAge } from '../../src/exporter/tracking-age.ts';
import type { FlowRecord } from '../../src/flow/index.ts';
import { type AccountStatement, Ledger } from '../../src/runtime/index.ts';
import { type ConnectionRow, connectionBatch } from './connection-rows.ts';
import { FakeClock } from './fake-clock.ts';

export interface StoreUnderTestOptions extends NodeNetworkOptions {
  capacity?: number;
  events?: boolean;
  filter?: Partial<ConnectionFilterOptions>;
  denied?: DeniedIndex;
  namer?: RecordNamer;
  isWorkload?: IsWorkload;
}

/**
 * The connection store with its recorder, but without a kernel: a test provides the kernel's events and the
 * time.
 */
export class StoreUnderTest {
  readonly clock = new FakeClock();
  readonly ledger = new Ledger();
  readonly filter: ConnectionFilter;
  readonly store: ConnectionStore;
  readonly recorder: ConnectionRecorder;
  readonly schedule: RecordSchedule;
  readonly trackingAge = new TrackingAge();
  readonly directions = new ConnectionDirection(this.trackingAge);
  readonly network: NodeNetwork;
  readonly #writer: FlowWriter;
  #records: FlowRecord[] = [];

  constructor(options: StoreUnderTestOptions = {}) {
    const { capacity = 16, events = true, denied } = options;
    const table = new ConnectionTable(capacity);
    const schedule = new RecordSchedule(table, { activeTimeoutMs: 60_000, idleTimeoutMs: 15_000 });
    this.schedule = schedule;
    const account = this.ledger.open('connections', 'connections', () => this.recorder.held);
    const records = this.ledger.open('agent', 'records', () => this.#writer.held);
    const network = new NodeNetwork(options, options.isWorkload);
    this.network = network;
    this.filter = new ConnectionFilter({ loopback: true, ...options.filter }, network);
    const writing = {
      account: records,
      clock: this.clock,
      directions: this.directions,
      namer: options.namer,
    };
    this.#writer = new FlowWriter('node-a', network, writing, (batch) => {
      this.#records.push(...batch);
    });
    const { filter } = this;
    this.recorder = new ConnectionRecorder(table, {
      filter,
      schedule,
      events,
      denied,
      account,
      writer: this.#writer,
    });
    this.store = new ConnectionStore(table, {
      filter,
      schedule,
      events,
      recorder: this.recorder,
      clock: this.clock,
      bootedMs: Number.NEGATIVE_INFINITY,
      trackingAge: this.trackingAge,
    });
  }

  get now(): number {
    return this.clock.now();
  }

  get #monotonic(): number {
    return this.clock.monotonic();
  }

  /** Rows of events, in one batch. */
  tell(...rows: ConnectionRow[]): void {
    this.store.merge(connectionBatch(...rows), this.#monotonic);
  }

  /** A whole dump with these rows. */
  dump(...rows: Omit<ConnectionRow, 'kind'>[]): void {
    this.store.dumpBegins(this.#monotonic);
    this.tell(...rows.map((row) => ({ ...row, kind: 'dump' as const })));
    this.store.dumpEnds(true);
  }

  /** The records that are due by now. */
  records(): FlowRecord[] {
    while (!this.recorder.expire(this.#monotonic, 1_000, this.store.isDumping));
    return this.#flushed();
  }

  /** The records of an agent that stops now. */
  finish(): FlowRecord[] {
    while (!this.recorder.finish(this.#monotonic, 1_000));
    return this.#flushed();
  }

  account(name: 'connections' | 'agent' = 'connections'): AccountStatement {
    return this.ledger.toJSON().find((account) => account.name === name)!;
  }

  #flushed(): FlowRecord[] {
    this.#writer.flush();
    const records = this.#records;
    this.#records = [];
    return records;
  }
}
