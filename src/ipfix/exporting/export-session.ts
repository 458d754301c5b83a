import type { Clock } from '../../runtime/index.ts';
import type { FlowTemplates } from '../flow-mapping.ts';
import { MessageWriter, maxMessageOctets, type Template } from '../wire/index.ts';
import type { PackedMessage } from './message-packer.ts';
import { RecentRecords } from './recent-records.ts';
import type { Connection, Transport } from './transport.ts';

export interface ExportSessionOptions {
  readonly transport: Transport;
  readonly templates: FlowTemplates;
  readonly observationDomainId: number;
  readonly clock: Clock;
  readonly firstSequenceNumber: number;
  readonly connectTimeoutMs: number;
  /** A session whose other end takes nothing for so long, though there is something to take, is given up (half of it at the earliest). */
  readonly stallTimeoutMs: number;
  /** How often templates are sent again where they can get lost. */
  readonly templateRefreshMs: number;
}

export interface ExportSessionHandler {
  opened(maxMessageOctets: number): void;
  writable(): void;
  /** The operating system has the message. */
  taken(message: PackedMessage): void;
  ended(end: SessionEnd): void;
}

export interface SessionEnd {
  readonly reason: string;
  /** Messages that the operating system had not taken: nobody can have received them whole. */
  readonly untaken: readonly PackedMessage[];
  /** Records that it had taken, but may not have delivered. */
  readonly unconfirmedRecords: number;
}

/**
 * Between the templates and the first records where nothing tells that anyone listens: time for the templates
 * to arrive before them, and for the other end's host to refuse the templates instead of records.
 */
const SETTLE_MS = 100;

/**
 * One transport session to a collector: announces templates before the records that need them, puts time
 * and sequence number into messages, and knows at its end which messages may not have arrived. Numbers
 * count from the session's start, as templates do: it is the "stream" of RFC 7011 section 3.1.
 */
export class ExportSession {
  readonly #options: ExportSessionOptions;
  readonly #handler: ExportSessionHandler;
  readonly #connection: Connection;
  readonly #announced = new Set<Template>();
  readonly #waiting: PackedMessage[] = [];
  readonly #recent = new RecentRecords();
  #sequenceNumber: number;
  #isOpen = false;
  #isOver = false;
  #hasRoom = true;
  #isSettling = false;
  #isClosing = false;
  #giveUpReason: string | undefined;
  /** Whether the operating system has taken anything since the last look. */
  #hasMoved = true;
  #cancelTimers: (() => void)[] = [];

  constructor(options: ExportSessionOptions, handler: ExportSessionHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#sequenceNumber = options.firstSequenceNumber;
    const { clock, connectTimeoutMs } = options;
    this.#cancelTimers.push(
      clock.after(connectTimeoutMs, () => this.giveUp(`no answer for ${connectTimeoutMs / 1000} s`)),
    );
    this.#connection = options.transport.open({
      opened: (octets) => this.#onOpened(octets),
      writable: () => this.#onWritable(),
      closed: (error) => this.#onClosed(error),
    });
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isOver;
  }

  get canSend(): boolean {
    return this.isOpen && this.#hasRoom && !this.#isSettling && !this.#isClosing;
  }

  /** Records of messages that the operating system has not yet taken. */
  get records(): number {
    return this.#waiting.reduce((sum, { records }) => sum + records, 0);
  }

  /** Sends a message, its templates before it if this session does not have them. */
  send(message: PackedMessage): void {
    for (const template of message.templates) if (!this.#announced.has(template)) this.#announce(template);
    this.#waiting.push(message);
    this.#write(message.octets, () => {
      this.#waiting.shift();
      this.#recent.add(message.octets.length, message.records);
      this.#handler.taken(message);
    });
    this.#sequenceNumber = (this.#sequenceNumber + message.records) >>> 0;
  }

  /** Announces all templates; those that are known already again. */
  announceAll(): void {
    for (const { template } of this.#options.templates.defined) this.#announce(template);
  }

  /** Takes all templates back; over UDP that is not allowed (RFC 7011 section 8.4), and nothing happens. */
  withdrawAll(): void {
    if (!this.#options.transport.isReliable || !this.canSend) return;
    this.#announced.clear();
    this.#sendOwn((writer) => writer.writeWithdrawalOfAll('templates'));
  }

  /** Ends the session after what was sent. */
  close(): void {
    this.#isClosing = true;
    this.#connection.close();
  }

  /** Ends the session now. */
  giveUp(reason: string): void {
    this.#giveUpReason = reason;
    this.#connection.destroy();
  }

  #onOpened(octets: number): void {
    const { clock, transport, stallTimeoutMs, templateRefreshMs } = this.#options;
    this.#isOpen = true;
    this.#endTimers();
    this.#cancelTimers.push(clock.every(stallTimeoutMs / 2, () => this.#checkStall()));
    this.announceAll();
    if (!transport.isReliable) {
      this.#isSettling = true;
      this.#cancelTimers.push(
        clock.after(SETTLE_MS, () => this.#onSettled()),
        clock.every(templateRefreshMs, () => this.announceAll()),
      );
    }
    this.#handler.opened(octets);
  }

  #onSettled(): void {
    this.#isSettling = false;
    this.#handler.writable();
  }

  #onWritable(): void {
    this.#hasRoom = true;
    this.#handler.writable();
  }

  #onClosed(error: Error | undefined): void {
    this.#isOver = true;
    this.#endTimers();
    const isConfirmed = this.#isClosing && error === undefined && this.#giveUpReason === undefined;
    this.#handler.ended({
      reason: this.#giveUpReason ?? error?.message ?? 'closed by the collector',
      untaken: this.#waiting,
      unconfirmedRecords: this.#options.transport.isReliable && !isConfirmed ? this.#recent.records : 0,
    });
  }

  /** Each template goes in a message of its own, so that none is larger than it must be. */
  #announce(template: Template): void {
    this.#announced.add(template);
    this.#sendOwn((writer) => writer.writeTemplate(template));
  }

  #sendOwn(fill: (writer: MessageWriter) => void): void {
    const writer = new MessageWriter(maxMessageOctets);
    const { observationDomainId: domain } = this.#options;
    writer.start({ domain, sequenceNumber: 0, exportTimeSeconds: 0 });
    fill(writer);
    this.#write(writer.finish().slice(), () => {});
  }

  #write(octets: Uint8Array, taken: () => void): void {
    this.#stamp(octets);
    this.#hasRoom = this.#connection.write(octets, () => {
      this.#hasMoved = true;
      if (!this.#isOver) taken();
    });
  }

  /**
   * Puts export time (4 octets at 4) and sequence number (4 octets at 8) into a message's header.
   * RFC 7011 section 3.1.
   */
  #stamp(octets: Uint8Array): void {
    const header = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    header.setUint32(4, Math.floor(this.#options.clock.now() / 1000));
    header.setUint32(8, this.#sequenceNumber);
  }

  #checkStall(): void {
    const { stallTimeoutMs } = this.#options;
    if (this.#waiting.length > 0 && !this.#hasMoved)
      this.giveUp(`takes nothing for ${stallTimeoutMs / 1000} s`);
    this.#hasMoved = this.#waiting.length === 0;
  }

  #endTimers(): void {
    for (const cancel of this.#cancelTimers) cancel();
    this.#cancelTimers = [];
  }
}
