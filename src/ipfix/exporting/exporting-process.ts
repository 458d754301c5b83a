import { MAX_RECORD_OCTETS } from '../../dtls/index.ts';
import type { FlowBatch } from '../../flow/index.ts';
import {
  type Account,
  BoundedQueue,
  type Clock,
  type Component,
  defaultsOf,
  type Ledger,
  type Log,
} from '../../runtime/index.ts';
import { exportingTlsOptions, TlsEnd, type TlsSettings, type TlsSource } from '../../tls/index.ts';
import { FlowTemplates, type RecordKind } from '../flow-mapping.ts';
import { defaultContents, type RecordContents } from '../record-contents.ts';
import { type CollectorAddress, isSecured } from './collector-address.ts';
import { CollectorAddresses, type Lookup } from './collector-addresses.ts';
import { CollectorLink } from './collector-link.ts';
import type { SessionEnd } from './export-session.ts';
import { JsonPacker, MAX_UDP_LINE_OCTETS } from './json-packer.ts';
import { releaseMessage } from './message-octets.ts';
import { MessagePacker } from './message-packer.ts';
import { defaultQueueRecords, type Sender, senderOf } from './options.ts';
import { OptionsRecords, type OptionsRecordsSettings } from './options-records.ts';
import type { PackedMessage, Packer, RecordFormat } from './packer.ts';
import type { TemplateRefresh } from './template-announcer.ts';
import type { ConnectionEnds, Transport } from './transport.ts';
import { checkMessageOctets, transportTo } from './transports.ts';

export interface ExportingProcessOptions {
  readonly address: CollectorAddress;
  readonly records: RecordKind;
  /** Default: IPFIX. */
  readonly format?: RecordFormat;
  /** Default: names and labels, no UIDs. */
  readonly contents?: RecordContents;
  readonly observationDomainId: number;
  /** This end of a secured transport. Default: the files of the folder for certificates. */
  readonly tls?: TlsSettings;
  /** Certificates that come from elsewhere than the files of `tls`. */
  readonly tlsSource?: TlsSource | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  /** The name in the ledger and the log; default `exporter`. */
  readonly name?: string;
  /**
   * Maximum octets of a message, 512 to 65535; default 65535 over TCP, over UDP what the interface carries in
   * one packet.
   */
  readonly maxMessageOctets?: number;
  /** How long a message waits to become full; 0 sends each batch at once. Default 1000. */
  readonly flushIntervalMs?: number;
  /**
   * Bounds of the records that wait for the collector. The first one met counts. Defaults 32 MiB and
   * `defaultQueueRecords`.
   */
  readonly maxQueueOctets?: number;
  readonly maxQueueRecords?: number;
  /** When templates are sent again over UDP. */
  readonly templateRefresh?: TemplateRefresh;
  /** Sends options records: statistics, and descriptions of its templates. Default: none. */
  readonly optionsRecords?: OptionsRecordsSettings | undefined;
  /** Default 1000, doubling up to 30,000, over UDP up to 5000. It starts again after a session of 10 s. */
  readonly reconnectMs?: { readonly least: number; readonly greatest: number };
  /** Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** A connection ends after this long without progress, though records wait. Default 120,000. */
  readonly stallTimeoutMs?: number;
  /** A TCP session ends within this long when its other host does not answer. Default 15,000. */
  readonly vanishTimeoutMs?: number;
  /** How often a name is looked up during a session. Default 20,000. */
  readonly lookupIntervalMs?: number;
  /** Replaces the system's resolver. */
  readonly lookup?: Lookup;
  /** Sequence number of each session's first message. Default 0. */
  readonly firstSequenceNumber?: number;
}

const DEFAULT_VANISH_TIMEOUT_MS = 15_000;
const defaultTls: Readonly<Record<Sender, TlsSettings>> = {
  agent: defaultsOf(exportingTlsOptions('agent')),
  aggregated: defaultsOf(exportingTlsOptions('aggregator')),
};

/**
 * The Exporting Process for one collector (RFC 7011). It packs flow records into messages, keeps them in a
 * bounded queue while the collector is slow or away, and reconnects.
 *
 * The account: a record is `sent` when the operating system has taken it. Messages that it had not taken when
 * a connection broke are sent again on the next. Those it had taken but may not have delivered are noted as
 * `unconfirmed`, an upper bound of the loss (IPFIX has no acknowledgement). When the queue is full, the
 * newest records are dropped: `queue full`.
 */
export class ExportingProcess implements Component {
  readonly name: string;
  readonly account: Account;
  readonly #options: ExportingProcessOptions;
  readonly #addresses: CollectorAddresses;
  readonly #tls: TlsEnd;
  readonly #link: CollectorLink;
  readonly #packer: Packer;
  readonly #queue: BoundedQueue<PackedMessage>;
  /** Messages of a broken session, to be sent before the queue. */
  #returned: PackedMessage[] = [];
  #waitingRecords = 0;
  readonly #optionsRecords: OptionsRecords | undefined;
  #state: 'made' | 'started' | 'stopping' | 'stopped' = 'made';
  #cancelFlush: (() => void) | undefined;
  #stopped: Promise<void> | undefined;
  #onStopped = () => {};

  /**
   * @throws {WeirError} when the address needs an unsupported transport, or the message size is out of range
   */
  constructor(options: ExportingProcessOptions) {
    checkMessageOctets(options.maxMessageOctets);
    this.name = options.name ?? 'exporter';
    this.#options = options;
    const {
      clock,
      contents = defaultContents,
      format,
      log,
      tls = defaultTls[senderOf(options.records)],
    } = options;
    const templates = new FlowTemplates(options.records, contents);
    this.account = options.ledger.open(this.name, 'records', () => this.#held);
    const { name, account } = this;
    const { observationDomainId, optionsRecords } = options;
    if (optionsRecords !== undefined)
      this.#optionsRecords = new OptionsRecords(optionsRecords, { observationDomainId, account, clock, log });
    this.#tls = new TlsEnd(tls, { name, clock, log, account, source: options.tlsSource });
    const transport = transportTo(options.address, {
      maxMessageOctets: options.maxMessageOctets,
      vanishTimeoutMs: options.vanishTimeoutMs ?? DEFAULT_VANISH_TIMEOUT_MS,
      tls: this.#tls,
      clock,
    });
    this.#queue = new BoundedQueue(options.maxQueueOctets ?? 32 * 1024 * 1024);
    const handler = {
      packed: (message: PackedMessage) => this.#enqueue(message),
      tooLarge: (batch: FlowBatch, row: number) => {
        this.account.drop('too large');
        this.#optionsRecords?.unsent.addRow(batch.columns, row);
      },
    };
    const mostOctets = isSecured(options.address) ? MAX_RECORD_OCTETS : MAX_UDP_LINE_OCTETS;
    const datagramOctets = transport.isReliable ? undefined : mostOctets;
    this.#packer =
      format === 'JSON'
        ? new JsonPacker({ templates, contents, clock, maxDatagramOctets: datagramOctets }, handler)
        : new MessagePacker(
            templates,
            observationDomainId,
            this.#atMost(transport.initialMessageOctets),
            handler,
          );
    this.#addresses = new CollectorAddresses(options.address.host, options.lookup);
    this.#link = this.#linkBy(transport, templates);
  }

  /** Whether records can leave, as far as can be known. */
  get isConnected(): boolean {
    return this.#link.session?.isEstablished ?? false;
  }

  /** Sessions in which records could leave, after the first. */
  get reconnections(): number {
    return this.#link.reconnections;
  }

  /** When its certificate expires, in milliseconds since 1970; undefined without a secured transport. */
  get certificateExpiryMs(): number | undefined {
    return this.#tls.expiryMs;
  }

  /** Current and recent addresses of the collector. */
  get collectorAddresses(): readonly string[] {
    return this.#addresses.known;
  }

  /** The ends of the sockets of this session and recent ones. */
  get connections(): readonly ConnectionEnds[] {
    return this.#link.ends;
  }

  get #held(): number {
    return this.#packer.records + this.#waitingRecords + (this.#link.session?.records ?? 0);
  }

  /**
   * Starts to connect without waiting for it: a collector may start later.
   * @throws {WeirError} WEIR_TLS_FILES_MISSING, WEIR_TLS_FILES_INVALID, over a secured transport
   */
  async start(): Promise<void> {
    if (isSecured(this.#options.address)) this.#tls.start();
    this.#state = 'started';
    this.#link.start();
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

  /** Sends the message that is not yet full. */
  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#packer.flush();
    this.#pump();
  }

  /** Withdraws all templates, over TCP; they are announced again before the next records. */
  withdrawTemplates(): void {
    this.#link.session?.withdrawAll();
  }

  /** Sends what it holds and waits until the collector has closed its end, both within the deadline. */
  stop(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #stop(deadlineMs: number): Promise<void> {
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
    this.#tls.stop();
    this.#dropRest();
  }

  /** Takes the next step of stopping, after each change. */
  #windDown(): void {
    if (this.#state === 'made' || this.#state === 'started') return;
    const isLate = this.#state === 'stopped';
    if (!isLate && this.#held > 0) return;
    this.#link.stop();
    const { session } = this.#link;
    if (session === undefined) this.#onStopped();
    else if (session.isOpen && !isLate) session.close();
    else session.giveUp('stopped');
  }

  #linkBy(transport: Transport, templates: FlowTemplates): CollectorLink {
    const { address, clock, log, observationDomainId, firstSequenceNumber = 0 } = this.#options;
    const {
      format = 'IPFIX',
      templateRefresh = {},
      connectTimeoutMs = 10_000,
      stallTimeoutMs = 120_000,
    } = this.#options;
    const vanishTimeoutMs = this.#options.vanishTimeoutMs ?? DEFAULT_VANISH_TIMEOUT_MS;
    return new CollectorLink(
      {
        name: this.name,
        collector: address,
        addresses: this.#addresses,
        session: {
          transport,
          format,
          templates,
          optionsRecords: this.#optionsRecords,
          clock,
          observationDomainId,
          firstSequenceNumber,
          templateRefresh,
          connectTimeoutMs,
          stallTimeoutMs,
          vanishTimeoutMs,
        },
        reconnectMs: this.#options.reconnectMs ?? {
          least: 1_000,
          greatest: transport.isReliable ? 30_000 : 5_000,
        },
        lookupIntervalMs: this.#options.lookupIntervalMs ?? 20_000,
        tls: this.#tls,
        clock,
        log,
        waitingRecords: () => this.#held,
      },
      {
        opened: (maxMessageOctets) => this.#onOpened(maxMessageOctets),
        writable: () => this.#pump(),
        taken: (message) => this.#onTaken(message),
        left: (octets) => this.#optionsRecords?.noteMessage(octets),
        ended: (end) => this.#onEnded(end),
      },
    );
  }

  #onOpened(maxMessageOctets: number): void {
    this.#packer.maxOctets = this.#atMost(maxMessageOctets);
    this.#windDown();
  }

  /** A transport may carry less than the option wants. */
  #atMost(octets: number): number {
    return Math.min(this.#options.maxMessageOctets ?? octets, octets);
  }

  #onTaken(message: PackedMessage): void {
    this.account.sent += message.records;
    releaseMessage(message.octets);
    this.#windDown();
  }

  #onEnded({ untaken, unconfirmedRecords }: SessionEnd): void {
    this.account.note('unconfirmed', unconfirmedRecords);
    this.#returned = [...untaken, ...this.#returned];
    for (const message of untaken) this.#waitingRecords += message.records;
    this.#windDown();
  }

  #enqueue(message: PackedMessage): void {
    const { records, maxQueueRecords = defaultQueueRecords[senderOf(records)] } = this.#options;
    const hasRoom = this.#waitingRecords + message.records <= maxQueueRecords || this.#waitingRecords === 0;
    if (hasRoom && this.#queue.offer(message, message.octets.buffer.byteLength)) {
      this.#waitingRecords += message.records;
      this.#pump();
    } else {
      this.account.drop('queue full', message.records);
      this.#optionsRecords?.unsent.addMessage(message);
    }
  }

  #pump(): void {
    const { session } = this.#link;
    while (session?.canSend) {
      const message = this.#returned.shift() ?? this.#queue.take();
      if (message === undefined) return;
      if (!session.isReadyFor(message)) {
        this.#returned.unshift(message);
        return;
      }
      this.#waitingRecords -= message.records;
      session.send(message);
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
