import type { FlowBatch } from '../../flow/index.ts';
import {
  type Account,
  BoundedQueue,
  type Clock,
  type Component,
  type Ledger,
  type Log,
  RetryDelay,
} from '../../runtime/index.ts';
import { FlowTemplates, type RecordKind } from '../flow-mapping.ts';
import { type CollectorAddress, formatCollectorAddress } from './collector-address.ts';
import { ExportSession, type SessionEnd } from './export-session.ts';
import { MessagePacker, type PackedMessage } from './message-packer.ts';
import type { Transport } from './transport.ts';
import { checkMessageOctets, initialMessageOctets, transportTo } from './transports.ts';

export interface ExporterOptions {
  readonly address: CollectorAddress;
  readonly records: RecordKind;
  readonly observationDomainId: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  /** In the ledger and the log; default `exporter`. */
  readonly name?: string;
  /** Greatest message, 512 to 65535; default 65535 over TCP, over UDP what the interface carries in one packet. */
  readonly maxMessageOctets?: number;
  /** How long a message waits to become full; 0 sends each batch at once. Default 1000. */
  readonly flushIntervalMs?: number;
  /** What may wait for the collector: whichever bound is met first. Defaults 32 MiB and 262,144 records. */
  readonly maxQueueOctets?: number;
  readonly maxQueueRecords?: number;
  /** How often templates are sent again over UDP. Default 600,000. */
  readonly templateRefreshMs?: number;
  /** Default 1000, doubling up to 30,000. */
  readonly reconnectMs?: { readonly least: number; readonly greatest: number };
  /** Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** A connection on which nothing moves for so long, though records wait, is given up. Default 120,000. */
  readonly stallTimeoutMs?: number;
  /** Sequence number of each session's first message. Default 0. */
  readonly firstSequenceNumber?: number;
  /** In place of the one that the address names. */
  readonly transport?: Transport;
}

/**
 * The Exporting Process to one collector (RFC 7011): packs flow records into messages, keeps them in a
 * bounded queue while the collector is slow or away, and connects again and again.
 *
 * The account: a record is `sent` when the operating system has taken it. Messages that it had not taken
 * when a connection broke are sent again on the next. Those it had taken but may not have delivered are
 * noted as `unconfirmed` (at most so many are lost; IPFIX has no acknowledgement). What does not fit into
 * the queue is dropped, the newest first: `queue full`.
 */
export class Exporter implements Component {
  readonly name: string;
  readonly account: Account;
  readonly #options: ExporterOptions;
  readonly #transport: Transport;
  readonly #templates: FlowTemplates;
  readonly #packer: MessagePacker;
  readonly #queue: BoundedQueue<PackedMessage>;
  readonly #delay: RetryDelay;
  /** Messages that a broken session left, to be sent before the queue. */
  #returned: PackedMessage[] = [];
  #waitingRecords = 0;
  #session: ExportSession | undefined;
  #sessionsOpened = 0;
  #state: 'made' | 'started' | 'stopping' | 'stopped' = 'made';
  #cancelFlush: (() => void) | undefined;
  #cancelReconnect = () => {};
  #onStopped = () => {};

  /** @throws {WeirError} when the address asks for what there is not, or the message size cannot be */
  constructor(options: ExporterOptions) {
    checkMessageOctets(options.maxMessageOctets);
    this.name = options.name ?? 'exporter';
    this.#options = options;
    this.#transport = options.transport ?? transportTo(options.address, options.maxMessageOctets);
    this.#templates = new FlowTemplates(options.records);
    this.account = options.ledger.open(this.name, 'records', () => this.#held);
    this.#queue = new BoundedQueue(options.maxQueueOctets ?? 32 * 1024 * 1024);
    this.#delay = new RetryDelay(
      options.reconnectMs?.least ?? 1_000,
      options.reconnectMs?.greatest ?? 30_000,
    );
    const maxOctets = options.maxMessageOctets ?? initialMessageOctets(this.#transport);
    this.#packer = new MessagePacker(this.#templates, options.observationDomainId, maxOctets, {
      packed: (message) => this.#enqueue(message),
      tooLarge: () => this.account.drop('too large'),
    });
  }

  get isConnected(): boolean {
    return this.#session?.isOpen ?? false;
  }

  /** Sessions opened after the first. */
  get reconnections(): number {
    return Math.max(0, this.#sessionsOpened - 1);
  }

  get #held(): number {
    return this.#packer.records + this.#waitingRecords + (this.#session?.records ?? 0);
  }

  /** Begins to connect. Does not wait for it: a collector may come later. */
  async start(): Promise<void> {
    this.#state = 'started';
    this.#connect();
  }

  /** Takes the records of a batch; they are written into messages before this returns. */
  send(batch: FlowBatch): void {
    this.account.received += batch.length;
    if (this.#state === 'stopping' || this.#state === 'stopped') {
      this.account.drop('stopped', batch.length);
      return;
    }
    this.#packer.add(batch);
    const { clock, flushIntervalMs = 1_000 } = this.#options;
    if (flushIntervalMs === 0) this.flush();
    else if (this.#packer.records > 0) this.#cancelFlush ??= clock.after(flushIntervalMs, () => this.flush());
    this.#pump();
  }

  /** Sends what waits for its message to become full. */
  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#packer.flush();
    this.#pump();
  }

  /** Takes all templates back, over TCP; they are announced again before the next records. */
  withdrawTemplates(): void {
    this.#session?.withdrawAll();
  }

  /** Sends what it holds and waits until the collector has closed its end, both within the deadline. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#state === 'started') {
      this.#state = 'stopping';
      this.flush();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onStopped = resolve;
      const cancelDeadline = this.#options.clock.after(deadlineMs, () => {
        this.#state = 'stopped';
        this.#windDown();
      });
      this.#windDown();
      await promise;
      cancelDeadline();
    }
    this.#state = 'stopped';
    this.#dropRest();
  }

  /** The next step towards the end, when something has changed while stopping. */
  #windDown(): void {
    if (this.#state === 'made' || this.#state === 'started') return;
    const isLate = this.#state === 'stopped';
    if (!isLate && this.#held > 0) return;
    this.#cancelReconnect();
    if (this.#session === undefined) this.#onStopped();
    else if (this.#session.isOpen && !isLate) this.#session.close();
    else this.#session.giveUp('stopped');
  }

  #connect(): void {
    const { clock, observationDomainId, firstSequenceNumber = 0 } = this.#options;
    this.#session = new ExportSession(
      {
        clock,
        observationDomainId,
        firstSequenceNumber,
        transport: this.#transport,
        templates: this.#templates,
        connectTimeoutMs: this.#options.connectTimeoutMs ?? 10_000,
        stallTimeoutMs: this.#options.stallTimeoutMs ?? 120_000,
        templateRefreshMs: this.#options.templateRefreshMs ?? 600_000,
      },
      {
        opened: (maxMessageOctets) => this.#onOpened(maxMessageOctets),
        writable: () => this.#pump(),
        taken: (message) => this.#onTaken(message),
        ended: (end) => this.#onEnded(end),
      },
    );
  }

  #onOpened(maxMessageOctets: number): void {
    this.#sessionsOpened++;
    this.#delay.reset();
    this.#packer.maxOctets = this.#options.maxMessageOctets ?? maxMessageOctets;
    const collector = formatCollectorAddress(this.#options.address);
    this.#options.log.info(this.name, `connected to ${collector}`, { collector });
    this.#pump();
    this.#windDown();
  }

  #onTaken(message: PackedMessage): void {
    this.account.sent += message.records;
    this.#windDown();
  }

  #onEnded({ reason, untaken, unconfirmedRecords }: SessionEnd): void {
    this.account.note('unconfirmed', unconfirmedRecords);
    this.#session = undefined;
    this.#returned = [...untaken, ...this.#returned];
    for (const message of untaken) this.#waitingRecords += message.records;
    if (this.#state === 'stopped' || (this.#state === 'stopping' && this.#held === 0)) this.#windDown();
    else this.#reconnectLater(reason);
  }

  #reconnectLater(reason: string): void {
    const delayMs = this.#delay.next();
    const collector = formatCollectorAddress(this.#options.address);
    this.#options.log.limited(
      this.name,
      'no connection',
      `no connection to ${collector}: ${reason}; ${this.#held} records wait, next attempt in ${Math.round(delayMs)} ms`,
      { collector, waitingRecords: this.#held },
    );
    this.#cancelReconnect = this.#options.clock.after(delayMs, () => this.#connect());
  }

  #enqueue(message: PackedMessage): void {
    const { maxQueueRecords = 262_144 } = this.#options;
    const hasRoom = this.#waitingRecords + message.records <= maxQueueRecords || this.#waitingRecords === 0;
    if (hasRoom && this.#queue.offer(message, message.octets.length)) {
      this.#waitingRecords += message.records;
      this.#pump();
    } else {
      this.account.drop('queue full', message.records);
    }
  }

  #pump(): void {
    while (this.#session?.canSend) {
      const message = this.#returned.shift() ?? this.#queue.take();
      if (message === undefined) return;
      this.#waitingRecords -= message.records;
      this.#session.send(message);
    }
  }

  #dropRest(): void {
    this.account.drop('stopped', this.#held);
    this.#returned = [];
    this.#waitingRecords = 0;
    while (this.#queue.take() !== undefined);
    this.#packer.discard();
  }
}
