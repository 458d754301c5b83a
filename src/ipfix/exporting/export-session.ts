import type { Clock } from '../../runtime/index.ts';
import { TlsFault } from '../../tls/index.ts';
import type { FlowTemplates } from '../flow-mapping.ts';
import { type DataRecord, MessageWriter, maxMessageOctets } from '../wire/index.ts';
import { type OptionsRecords, packRecords } from './options-records.ts';
import type { PackedMessage, RecordFormat } from './packer.ts';
import { type EndKind, SessionDelivery } from './session-delivery.ts';
import { TemplateAnnouncer, type TemplateRefresh } from './template-announcer.ts';
import type { ConnectionEnds, Transport, TransportConnection } from './transport.ts';

export interface ExportSessionOptions {
  readonly transport: Transport;
  /** The collector's address, as text. */
  readonly address: string;
  readonly format: RecordFormat;
  /** Announced in sessions of IPFIX. */
  readonly templates: FlowTemplates;
  /** Undefined: none are sent. */
  readonly optionsRecords?: OptionsRecords | undefined;
  readonly observationDomainId: number;
  readonly clock: Clock;
  readonly firstSequenceNumber: number;
  readonly connectTimeoutMs: number;
  /**
   * A session ends when its other end takes nothing for this long, though data waits (at the earliest after
   * half of it).
   */
  readonly stallTimeoutMs: number;
  /** A session ends within this long when its other host does not answer. */
  readonly vanishTimeoutMs: number;
  readonly templateRefresh: TemplateRefresh;
}

export interface ExportSessionHandler {
  opened(maxMessageOctets: number): void;
  /** Records can leave: as far as can be known, a collector listens. */
  established(): void;
  writable(): void;
  /** The operating system has taken the message. */
  taken(message: PackedMessage): void;
  /** It has taken this many octets of a message of any kind. */
  left(octets: number): void;
  ended(end: SessionEnd): void;
}

export interface SessionEnd {
  readonly reason: string;
  /** Why a secured session did not come about. */
  readonly fault: TlsFault | undefined;
  /** Messages that the operating system had not taken: no collector can have received them whole. */
  readonly untaken: readonly PackedMessage[];
  /** Records that it had taken, but that may not have reached the collector. */
  readonly unconfirmedRecords: number;
}

/** Writes the messages without records of all sessions. */
const ownMessages = new MessageWriter(maxMessageOctets);
/** Grace period of a session that is closing. */
const CLOSE_MS = 5_000;

/**
 * One transport session to a collector. It announces templates before the records that need them, and stamps
 * messages with time and sequence number. At its end it knows which messages may not have arrived. Sequence
 * numbers, like templates, start with the session: it is the "stream" of RFC 7011 section 3.1.
 */
export class ExportSession {
  readonly address: string;
  readonly #options: ExportSessionOptions;
  readonly #handler: ExportSessionHandler;
  readonly #connection: TransportConnection;
  readonly #announcer: TemplateAnnouncer;
  readonly #delivery: SessionDelivery;
  readonly #waiting: PackedMessage[] = [];
  readonly #optionsRecords: OptionsRecords | undefined;
  #maxMessageOctets = maxMessageOctets;
  #sequenceNumber: number;
  #openedMs = 0;
  #isOpen = false;
  #isEstablished = false;
  #isOver = false;
  #hasRoom = true;
  #isClosing = false;
  #leaveReason: string | undefined;
  #givenUp: { readonly reason: string; readonly end: EndKind } | undefined;
  /** Whether the operating system has taken anything since the last check. */
  #hasMoved = true;
  #cancelTimers: (() => void)[] = [];

  constructor(options: ExportSessionOptions, handler: ExportSessionHandler) {
    this.address = options.address;
    this.#options = options;
    this.#handler = handler;
    this.#sequenceNumber = options.firstSequenceNumber;
    const { clock, connectTimeoutMs, format, templates, transport } = options;
    this.#delivery = new SessionDelivery(transport.isReliable);
    this.#delivery.placed(clock.monotonic());
    this.#optionsRecords = optionsRecordsOf(options);
    this.#announcer = new TemplateAnnouncer({
      clock,
      templates: format === 'IPFIX' ? templates : { defined: [] },
      optionsTemplates: this.#optionsRecords?.templates ?? [],
      isReliable: transport.isReliable,
      refresh: options.templateRefresh,
      write: (template) => this.#sendOwn((writer) => writer.writeTemplate(template)),
      describe: (described) => this.#sendOptions(this.#optionsRecords?.describe(described) ?? []),
      probe: () => {
        if (format === 'JSON') this.#connection.probe?.();
      },
      settled: () => this.#onSettled(),
    });
    this.#cancelTimers.push(
      clock.after(connectTimeoutMs, () => this.giveUp(`no answer for ${connectTimeoutMs / 1000} s`)),
    );
    this.#connection = transport.open(options.address, {
      opened: (octets) => this.#onOpened(octets),
      writable: () => this.#onWritable(),
      closed: (error) => this.#onClosed(error),
    });
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isOver;
  }

  /** Whether records can leave, as far as can be known. */
  get isEstablished(): boolean {
    return this.#isEstablished && !this.#isOver && !this.#isUnanswered;
  }

  get canSend(): boolean {
    const isWaiting = this.#isClosing || this.#isUnanswered || this.#announcer.isSettling;
    return this.isOpen && this.#hasRoom && !isWaiting;
  }

  /** Records of messages that the operating system has not yet taken. */
  get records(): number {
    return this.#waiting.reduce((sum, { records }) => sum + records, 0);
  }

  get ends(): ConnectionEnds | undefined {
    return this.#connection.ends();
  }

  /** Whether a message's template was announced long enough ago; `writable` is called when it was. */
  isReadyFor({ template }: PackedMessage): boolean {
    return template === undefined || this.#announcer.isReady(template);
  }

  /** Sends a message for which it is ready. */
  send(message: PackedMessage): void {
    this.#waiting.push(message);
    this.#write(message.octets, (end) => {
      this.#waiting.shift();
      this.#delivery.taken(end, message.records, this.#options.clock.monotonic());
      this.#handler.taken(message);
    });
    this.#sequenceNumber = (this.#sequenceNumber + message.records) >>> 0;
    this.#announcer.noteMessage();
  }

  /** The collector's name still has this session's address. */
  confirmAddress(): void {
    this.#delivery.placed(this.#options.clock.monotonic());
  }

  /** Withdraws all templates; over UDP that is not allowed (RFC 7011 section 8.4), and nothing happens. */
  withdrawAll(): void {
    const { format, transport } = this.#options;
    if (format === 'JSON' || !transport.isReliable || !this.canSend) return;
    this.#announcer.forget();
    this.#sendOwn((writer) => writer.writeWithdrawalOfAll('templates'));
  }

  /** Ends the session after what was sent. */
  close(): void {
    this.#sendStatistics();
    this.#isClosing = true;
    this.#connection.close();
  }

  /**
   * Leaves the session because its collector has moved: after what was sent, if the transport delivers it.
   */
  leave(reason: string): void {
    const { clock, transport } = this.#options;
    this.#leaveReason = reason;
    if (this.isOpen && transport.isReliable) {
      this.#cancelTimers.push(clock.after(CLOSE_MS, () => this.giveUp(reason)));
      this.close();
    } else {
      this.giveUp(reason);
    }
  }

  /** Ends the session now. */
  giveUp(reason: string, end: EndKind = 'silent'): void {
    this.#givenUp = { reason, end };
    this.#connection.destroy();
  }

  get #isUnanswered(): boolean {
    return this.#delivery.unansweredSinceMs !== undefined;
  }

  #onOpened(octets: number): void {
    const { clock, transport, stallTimeoutMs, vanishTimeoutMs } = this.#options;
    this.#isOpen = true;
    this.#openedMs = clock.monotonic();
    this.#maxMessageOctets = octets;
    this.#endTimers();
    this.#cancelTimers.push(
      clock.every(stallTimeoutMs / 2, () => this.#checkStall()),
      clock.every(vanishTimeoutMs / 30, () => this.#look()),
    );
    if (this.#optionsRecords !== undefined) {
      const { statisticsIntervalMs } = this.#optionsRecords;
      this.#cancelTimers.push(clock.every(statisticsIntervalMs, () => this.#sendStatistics()));
    }
    this.#announcer.start();
    this.#handler.opened(octets);
    if (transport.isReliable) this.#establish();
  }

  #onSettled(): void {
    this.#sendStatistics();
    if (this.#isEstablished) this.#handler.writable();
    else this.#establish();
  }

  #establish(): void {
    this.#isEstablished = true;
    this.#handler.established();
  }

  #onWritable(): void {
    this.#hasRoom = true;
    this.#handler.writable();
  }

  /** Call at the end. Only a connection can be ended by the other side. */
  get #isEndedByCollector(): boolean {
    const isEndedHere = this.#isClosing || this.#givenUp !== undefined;
    return this.#isOpen && !isEndedHere && this.#options.transport.isReliable;
  }

  #onClosed(error: Error | undefined): void {
    const nowMs = this.#options.clock.monotonic();
    if (this.#isEndedByCollector) this.#optionsRecords?.noteSessionEnd(nowMs - this.#openedMs);
    this.#isOver = true;
    this.#endTimers();
    this.#announcer.end();
    this.#delivery.look(this.#connection.otherEnd(), nowMs);
    const end = this.#givenUp?.end ?? endOf(error);
    this.#handler.ended({
      reason:
        this.#leaveReason ?? this.#givenUp?.reason ?? error?.message ?? 'the collector closed the connection',
      fault: error instanceof TlsFault ? error : undefined,
      untaken: this.#waiting,
      unconfirmedRecords: this.#delivery.unconfirmedRecords(end, nowMs),
    });
  }

  /** Templates go in their own messages, as each message has one set. */
  #sendOwn(fill: (writer: MessageWriter) => void): void {
    const { observationDomainId: domain } = this.#options;
    ownMessages.start({ domain, sequenceNumber: 0, exportTimeSeconds: 0 });
    fill(ownMessages);
    this.#write(ownMessages.finish().slice(), () => {});
  }

  #sendOptions(records: readonly DataRecord[]): void {
    const { observationDomainId } = this.#options;
    for (const message of packRecords(records, observationDomainId, this.#maxMessageOctets)) {
      this.#write(message.octets, () => {});
      this.#sequenceNumber = (this.#sequenceNumber + message.records) >>> 0;
    }
  }

  /** They are totals: those that cannot leave now are in the next ones. */
  #sendStatistics(): void {
    if (this.canSend) this.#sendOptions(this.#optionsRecords?.statistics() ?? []);
  }

  #write(octets: Uint8Array, taken: (endOctets: number) => void): void {
    if (this.#options.format === 'IPFIX') this.#stamp(octets);
    const end = this.#delivery.sending(octets.length, this.#options.clock.monotonic());
    this.#hasRoom = this.#connection.write(octets, () => {
      this.#hasMoved = true;
      this.#handler.left(octets.length);
      if (!this.#isOver) taken(end);
    });
  }

  /**
   * Stamps export time (4 octets at 4) and sequence number (4 octets at 8) into a message's header. RFC 7011
   * section 3.1.
   */
  #stamp(octets: Uint8Array): void {
    const header = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    header.setUint32(4, Math.floor(this.#options.clock.now() / 1000));
    header.setUint32(8, this.#sequenceNumber);
  }

  #checkStall(): void {
    const { stallTimeoutMs } = this.#options;
    if (this.#waiting.length > 0 && !this.#hasMoved)
      this.giveUp(`accepts nothing for ${stallTimeoutMs / 1000} s`, 'refused');
    this.#hasMoved = this.#waiting.length === 0;
  }

  /**
   * While the other host does not answer, records wait here: what the operating system has would be lost with
   * the session.
   */
  #look(): void {
    const { clock, vanishTimeoutMs } = this.#options;
    const nowMs = clock.monotonic();
    const wasUnanswered = this.#isUnanswered;
    this.#delivery.look(this.#connection.otherEnd(), nowMs);
    const sinceMs = this.#delivery.unansweredSinceMs;
    if (sinceMs === undefined) {
      if (wasUnanswered) this.#handler.writable();
    } else if (nowMs - sinceMs >= 0.8 * vanishTimeoutMs) {
      this.giveUp(`answers nothing for ${Math.round((nowMs - sinceMs) / 1000)} s`);
    }
  }

  #endTimers(): void {
    for (const cancel of this.#cancelTimers) cancel();
    this.#cancelTimers = [];
  }
}

/** A collector over UDP or DTLS cannot show that it refuses them. */
function optionsRecordsOf({
  format,
  optionsRecords,
  transport,
}: ExportSessionOptions): OptionsRecords | undefined {
  if (format === 'JSON' || optionsRecords === undefined) return undefined;
  return transport.isReliable && optionsRecords.areRefused ? undefined : optionsRecords;
}

function endOf(error: NodeJS.ErrnoException | undefined): EndKind {
  if (error === undefined) return 'closed';
  return error.code === 'ETIMEDOUT' || error.code === 'EHOSTUNREACH' || error.code === 'ENETUNREACH'
    ? 'silent'
    : 'refused';
}
