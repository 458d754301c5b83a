import { BatchWorker } from '../netlink/index.ts';
import { ConnectionBatch, RowKind } from './connection-batch.ts';
import type { DumpSummary } from './connection-dump.ts';
import type { ConntrackWorkerOptions, ConntrackWorkerTask } from './conntrack-worker.ts';
import type { EventNote } from './event-listener.ts';
import type { SysctlReport } from './sysctls.ts';
import type { TableState } from './table-state.ts';
import type { TrackingReport } from './tracking-check.ts';
import type { TableIdentity } from './tracking-rules.ts';

export interface ConntrackSourceOptions {
  /** Path of the network namespace to watch; that of the process when undefined. */
  readonly netns?: string;
  /**
   * Whether to listen to events. Without them, connections that begin and end between two dumps are missed.
   */
  readonly events?: boolean;
  /** Buffer for unread events, in octets of the kernel's accounting (about 1,000 an event). */
  readonly receiveBufferOctets?: number;
}

export interface ConntrackHandlers {
  /** The batch is valid during the call only: its buffer is refilled afterwards. */
  onBatch(batch: ConnectionBatch): void;
  /**
   * The kernel dropped events: dump() must make up for them. Called at once, and again if more were lost
   * until the worker had caught up. So a dump after the last call misses nothing. `lost` as in the counters.
   */
  onOverrun(lost: number | undefined): void;
  /** The worker ended by itself; start a new source. */
  onFailure(error: Error): void;
}

/** Counts of the source since its creation. onBatch has received the rows of all kinds. */
export interface ConntrackCounters {
  dumpRows: number;
  newEvents: number;
  updateEvents: number;
  destroyEvents: number;
  /** Messages that could not be parsed; no batch has them. */
  malformed: number;
  /** How often the kernel reported a full receive buffer. */
  overruns: number;
  /** Events that the kernel dropped then; undefined when it does not say how many. */
  lostEvents: number | undefined;
}

/** 32 MiB hold a burst of some 30,000 events while the worker cannot read. */
const RECEIVE_BUFFER_OCTETS = 32 << 20;
/** Of about 300 KiB each; they bound the batches on their way to the main thread. */
const BUFFERS = 6;

/**
 * Connections as the kernel tracks them: events as they happen and the whole table on demand. One worker
 * thread reads both. Every row that the kernel sent arrives in a batch or counts as malformed or lost.
 */
export class ConntrackSource {
  readonly counters: ConntrackCounters = {
    dumpRows: 0,
    newEvents: 0,
    updateEvents: 0,
    destroyEvents: 0,
    malformed: 0,
    overruns: 0,
    lostEvents: 0,
  };
  readonly #handlers: ConntrackHandlers;
  readonly #worker: BatchWorker;
  #heard: EventNote = { overruns: 0, lost: 0, malformed: 0 };

  constructor(options: ConntrackSourceOptions, handlers: ConntrackHandlers) {
    this.#handlers = handlers;
    const { netns, events = true, receiveBufferOctets = RECEIVE_BUFFER_OCTETS } = options;
    const settings: ConntrackWorkerOptions = {
      netns,
      receiveBufferOctets: events ? receiveBufferOctets : undefined,
    };
    this.#worker = new BatchWorker(
      {
        name: 'conntrack-worker',
        beside: import.meta.url,
        settings,
        buffers: BUFFERS,
        bufferOctets: ConnectionBatch.octets,
      },
      {
        onBatch: (buffer) => this.#hand(new ConnectionBatch(buffer)),
        onNote: (note) => this.#note(note as EventNote),
        onFailure: (error) => this.#handlers.onFailure(error),
      },
    );
  }

  /**
   * Resolves once it listens to events and dump() may be called.
   * @throws NetlinkError WEIR_CONNTRACK_MISSING, WEIR_NETLINK_NOT_PERMITTED, WEIR_NETLINK_NO_NAMESPACE, …
   */
  async start(): Promise<void> {
    try {
      await this.#worker.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Resolves when the worker has ended and onBatch has received all it had read. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** Reads the whole table. onBatch has received all of its rows when the promise resolves. */
  async dump(): Promise<DumpSummary> {
    const summary = await this.#ask<DumpSummary>('dump');
    this.counters.malformed += summary.malformed;
    this.counters.overruns += summary.overruns;
    return summary;
  }

  /** Sets the sysctls that the flows' counters and times depend on, and reports the result of each. */
  enableAccounting(): Promise<SysctlReport[]> {
    return this.#ask('enable-accounting');
  }

  /** How full the kernel's table is, what it could not track, and whether it tracks at all. */
  tableState(): Promise<TableState> {
    return this.#ask('table-state');
  }

  /** Turns on connection tracking with an nftables table of this process; see TrackingTable. */
  ensureTracking(): Promise<TableIdentity> {
    return this.#ask('ensure-tracking');
  }

  removeTracking(): Promise<'removed' | 'absent'> {
    return this.#ask('remove-tracking');
  }

  /** Checks that the effects of ensureTracking() and enableAccounting() still hold, and restores them. */
  checkTracking(): Promise<TrackingReport> {
    return this.#ask('check-tracking');
  }

  /**
   * Connections that the kernel began since ensureTracking(), seen or not. Undefined without that table.
   * Connections that ctnetlink itself inserts are not counted.
   */
  connectionsBegun(): Promise<number | undefined> {
    return this.#ask('connections-begun');
  }

  #ask<Answer>(task: ConntrackWorkerTask): Promise<Answer> {
    return this.#worker.ask(task) as Promise<Answer>;
  }

  #hand(batch: ConnectionBatch): void {
    const rowsOfKind = [0, 0, 0, 0];
    for (let row = 0; row < batch.rows; row++) rowsOfKind[batch.kind[row]!]!++;
    this.counters.dumpRows += rowsOfKind[RowKind.dump]!;
    this.counters.newEvents += rowsOfKind[RowKind.new]!;
    this.counters.updateEvents += rowsOfKind[RowKind.update]!;
    this.counters.destroyEvents += rowsOfKind[RowKind.destroy]!;
    this.#handlers.onBatch(batch);
  }

  /** The worker's notes count from its start; the counters include dumps. */
  #note(note: EventNote): void {
    this.counters.malformed += note.malformed - this.#heard.malformed;
    this.counters.overruns += note.overruns - this.#heard.overruns;
    this.counters.lostEvents = note.lost;
    const isOverrun = note.overruns > this.#heard.overruns || note.lost !== this.#heard.lost;
    this.#heard = note;
    if (isOverrun) this.#handlers.onOverrun(note.lost);
  }
}
