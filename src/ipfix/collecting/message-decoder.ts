import { addressOfEnd } from '../../flow/index.ts';
import type { Account, Clock, Log } from '../../runtime/index.ts';
import {
  type DataSet,
  type DecodeError,
  describeDecodeError,
  type MessageHandler,
  type MessageHeader,
  MessageReader,
  type NetflowHeader,
  notDecoded,
  protocolName,
  type SampleNumbers,
  SingleSetReader,
  type SkippedSamples,
  type Template,
  type UndecodedProtocol,
} from '../wire/index.ts';
import type { ExporterHistories } from './exporter-histories.ts';
import { type HeldSet, HeldSets } from './held-sets.ts';
import { LossCounting } from './loss-counting.ts';
import type { MessageConsumer } from './message-consumer.ts';
import type { RecordDelivery } from './record-delivery.ts';
import { SampleCounting } from './sample-counting.ts';
import { MessageCounts } from './sequence-counting.ts';
import { SequenceReports } from './sequence-reports.ts';
import type { ObservationDomain, TransportSession } from './transport-session.ts';
import type { Turns } from './turns.ts';

export interface MessageDecoderOptions extends MessageConsumer {
  readonly clock: Clock;
  readonly log: Log;
  readonly name: string;
  readonly messages: Account;
  readonly records: Account;
  readonly delivery: RecordDelivery;
  readonly histories: ExporterHistories;
  /** How long a set over UDP waits for its template. */
  readonly holdMs: number;
  readonly turns: Turns;
}

/** Maximum sets of one message that wait for their templates. */
const MAX_HELD_SETS = 64;

/** Sets or templates read between two looks at the turn. */
const PARTS_AT_ONCE = 32;

/** Maximum addresses for which the log reports undecoded protocols; the accounts count all. */
const MAX_UNDECODED_PEERS = 1024;

/**
 * Reads the messages of all sessions, one at a time. It keeps the accounts, follows the sequence numbers, and
 * reports what could not be read and where. A long message takes several turns. In the steady state it
 * allocates nothing.
 */
export class MessageDecoder implements MessageHandler {
  readonly #options: MessageDecoderOptions;
  readonly #held: HeldSets;
  readonly #losses: LossCounting;
  readonly #samples: SampleCounting;
  readonly #reports: SequenceReports;
  /** Address and protocol of the reports so far. */
  readonly #undecodedPeers = new Set<string>();
  /** The time of the current chunk, 0 before its first message: the clock is read once a chunk. */
  #nowMs = 0;
  // State of the current message:
  readonly #message = new MessageReader(this);
  readonly #singleSet = new SingleSetReader();
  /** Whether a message is being read. */
  #isReading = false;
  /** A data set that the end of a turn interrupted. */
  #openSet: DataSet | undefined;
  #session!: TransportSession;
  #domain!: ObservationDomain;
  #header!: MessageHeader;
  #bytes!: Uint8Array;
  #start = 0;
  readonly #counts = new MessageCounts();
  /** Whether all its records could be read. */
  #isWhole = true;
  /** The held set that is being read; undefined while a new message is read. */
  #heldSet: HeldSet | undefined;
  /** Held sets whose template has arrived. */
  #readable: HeldSet[] = [];
  #lastError: DecodeError | undefined;
  #newlyHeld: HeldSet[] = [];
  #announced: Template[] = [];

  constructor(options: MessageDecoderOptions) {
    this.#options = options;
    this.#held = new HeldSets(options.holdMs);
    this.#losses = new LossCounting(options);
    this.#samples = new SampleCounting(options, this.#losses);
    this.#reports = new SequenceReports({ ...options, losses: this.#losses });
  }

  /**
   * Whether it goes on with a message in the next turn. Until then the turn is over: read no other message.
   */
  get isInterrupted(): boolean {
    return this.#isReading;
  }

  /**
   * Reads the message in `bytes[start, end)`, which must stay. Its flows wait for `deliver`.
   * @returns whether it is finished; otherwise it goes on by itself
   */
  read(session: TransportSession, bytes: Uint8Array, start: number, end: number): boolean {
    const { messages, clock } = this.#options;
    messages.received++;
    if (this.#nowMs === 0) this.#nowMs = clock.monotonic();
    const isFinished = this.#readSingleSet(session, bytes, start, end);
    if (isFinished !== undefined) return isFinished;
    this.#open(session, bytes, start, end);
    if (!this.#isReading) {
      messages.drop(this.#lastError!.reason);
      return true;
    }
    this.#hear(this.#header);
    this.#readOn();
    return !this.#isReading;
  }

  /** Passes on the flows of the messages in one chunk. */
  deliver(): void {
    this.#nowMs = 0;
    this.#options.delivery.deliver();
  }

  /** Counts octets from a peer that are no message, and after which none can be found. */
  refuse(peer: string, reason: string, text: string): void {
    const { messages, histories, log, name } = this.#options;
    messages.received++;
    messages.drop(reason);
    histories.countError(addressOfEnd(peer), reason);
    log.limited(name, reason, `${peer}: ${text}`, { exporter: peer });
  }

  /**
   * Counts NetFlow or sFlow in a stream. The log reports it once for each address, which will
   * send the same for ever.
   */
  refuseUndecoded(peer: string, protocol: UndecodedProtocol): void {
    const { messages, histories, log, name } = this.#options;
    const address = addressOfEnd(peer);
    messages.received++;
    messages.drop(protocol);
    histories.countError(address, protocol);
    const key = `${address} ${protocol}`;
    if (this.#undecodedPeers.has(key) || this.#undecodedPeers.size >= MAX_UNDECODED_PEERS) return;
    this.#undecodedPeers.add(key);
    log.limited(name, protocol, `${peer}: ${protocolName(protocol)}, ${notDecoded}`, {
      exporter: peer,
    });
  }

  /** Gives up sets that have waited too long for their template. */
  expire(): void {
    this.#held.expire(this.#options.clock.monotonic());
    this.#options.records.note('sets without template', this.#held.givenUp);
    this.#held.givenUp = 0;
  }

  // The parts of a message, called by its reader.

  header(header: MessageHeader): void {
    this.#header = header;
    this.#domain = this.#session.domain(header.domain);
    const held = this.#heldSet;
    if (held !== undefined) this.#session.foreign(this.#domain).repeated.assume(header, held.isRepeated);
    else if (this.#domain.hasRestarted(header)) this.#restart(header);
    // The records of sFlow are not octets of the message, so it is compared here.
    const { sflow } = header;
    if (sflow) this.#session.foreign(this.#domain).repeated.has(header, this.#bytes, this.#start);
    if (held === undefined) this.#options.onMessage?.(this.#session, header, this.#bytes, this.#start);
  }

  data(set: DataSet): void {
    this.#readSet(set);
  }

  sample(numbers: SampleNumbers, isReadable: boolean): void {
    this.#samples.take(numbers, this.#header, this.#session, this.#domain);
    if (!isReadable) this.#losses.countUndecoded(1);
  }

  skippedSample(kind: SkippedSamples): void {
    this.#samples.skip(kind, this.#session, this.#domain);
  }

  template(template: Template, previous: Template | undefined): void {
    this.#counts.templates++;
    if (template !== previous && !this.#held.isEmpty) this.#announced.push(template);
  }

  readonly error = (error: DecodeError): void => {
    const { records, histories, log, name } = this.#options;
    this.#lastError = error;
    if (error.reason === 'template-unknown' || error.reason === 'record-truncated') this.#isWhole = false;
    records.note(error.reason);
    histories.countError(this.#session.address, error.reason);
    const { peer } = this.#session;
    const { domain: observationDomainId, setId, templateId, field } = error;
    const place = { exporter: peer, observationDomainId, setId, templateId, field };
    log.limited(name, error.reason, () => `${peer}: ${describeDecodeError(error)}`, place);
    if (error.reason === 'template-unknown' && !this.#session.transport.isReliable) this.#hold(error.offset);
  };

  /**
   * Reads a message that has one data set and nothing else, in a domain that this session has had before.
   * @returns whether it is finished; undefined for any other message, of which nothing has been read
   */
  #readSingleSet(session: TransportSession, bytes: Uint8Array, start: number, end: number) {
    if (session.exportProtocol !== 'ipfix') return undefined;
    const set = this.#singleSet.read(session.templates, bytes, start, end);
    const domain = set && session.knownDomain(set.header.domain);
    if (domain === undefined) return undefined;
    const { header } = set!;
    this.#session = session;
    this.#domain = domain;
    this.#clearCounts();
    this.#options.onMessage?.(session, header, bytes, start);
    this.#hear(header);
    this.#readSet(set!);
    if (this.#openSet === undefined) {
      this.#checkSequence(header);
      return true;
    }
    this.#header = header;
    this.#isReading = true;
    this.#goOnLater();
    return false;
  }

  /** Nothing has been read of the current message. */
  #clearCounts(): void {
    this.#counts.records = 0;
    this.#counts.flows = 0;
    this.#counts.templates = 0;
    this.#isWhole = true;
  }

  /** The current message can be read. */
  #hear(header: MessageHeader): void {
    this.#options.messages.sent++;
    this.#session.lastHeardMs = this.#nowMs;
    this.#domain.hear(header, this.#nowMs);
  }

  #open(session: TransportSession, bytes: Uint8Array, start: number, end: number): void {
    this.#session = session;
    this.#bytes = bytes;
    this.#start = start;
    this.#clearCounts();
    const { format, exportProtocol } = session;
    if (exportProtocol === 'sflow-v5')
      this.#message.arrivalSeconds = this.#options.clock.wallAt(this.#nowMs) / 1000;
    this.#isReading = this.#message.open(format, bytes, session.templates, start, end);
  }

  /** Reads the current message, and the held sets whose templates it announces, until the turn is over. */
  #readOn(): void {
    while (this.#isReading) {
      if (!this.#readParts()) {
        this.#goOnLater();
        return;
      }
      this.#finish(this.#header);
      this.#isReading = false;
      if (this.#readable.length === 0) return;
      const held = this.#readable.shift()!;
      this.#heldSet = held;
      this.#open(held.session, held.message, 0, held.message.length);
    }
  }

  #goOnLater(): void {
    this.#options.turns.resume(() => {
      this.#nowMs = this.#options.clock.monotonic();
      this.#readOn();
      this.deliver();
    });
  }

  /** @returns whether all parts are read */
  #readParts(): boolean {
    const message = this.#message;
    if (this.#openSet !== undefined) this.#readSet(this.#openSet);
    for (let parts = 1; this.#openSet === undefined; parts++) {
      if (message.isDone) return true;
      if (parts % PARTS_AT_ONCE === 0 && this.#options.turns.isOver) return false;
      message.readPart();
    }
    return false;
  }

  /** Reads records of a set, which stays open if the turn ends before it. */
  #readSet(set: DataSet): void {
    this.#openSet = set;
    const isOptions = set.template.scopeFieldCount > 0;
    const records = this.#options.delivery.read(set, this.#session, this.#domain, this.error);
    this.#counts.records += records;
    if (!isOptions) this.#counts.flows += records;
    if (set.offset === set.end) this.#openSet = undefined;
    if (records === 0) return;
    const domain = this.#domain;
    domain.records += records;
    // Statistics come without traffic, too: they must not hide that an exporter has no more flows.
    const history = this.#losses.historyOf(this.#session, domain);
    history.records += records;
    if (history.firstRecordMs === 0) history.firstRecordMs = this.#nowMs;
    if (!isOptions || history.lastRecordMs === 0) history.lastRecordMs = this.#nowMs;
  }

  #finish(header: MessageHeader): void {
    const held = this.#heldSet;
    this.#heldSet = undefined;
    if (held !== undefined) {
      this.#recover(held);
      return;
    }
    if (header.netflow !== undefined) this.#checkCount(header.netflow);
    this.#checkSequence(header);
    if (this.#newlyHeld.length > 0) this.#rememberHeld(header);
    if (this.#announced.length > 0) this.#findReadable(header);
  }

  /** Held sets of templates that this message announced can be read now. */
  #findReadable({ domain }: MessageHeader): void {
    for (const { id } of this.#announced) this.#readable.push(...this.#held.take(this.#session, domain, id));
    this.#announced.length = 0;
  }

  /** After a restart, the templates may be others, and the sequence numbers begin anew. */
  #restart({ domain }: MessageHeader): void {
    const { templates } = this.#session;
    for (const { id } of [...templates.templatesOf(domain)]) templates.delete(domain, id);
    this.#domain.sequence.restart();
    this.#domain.foreign?.statements.forgetInterfaces();
    this.#domain.samples?.restart();
    this.#reports.reportRestart(this.#domain);
  }

  /** Some exporters count otherwise than NetFlow v9 requires. The sets decide what is read. */
  #checkCount({ announcedRecords }: NetflowHeader): void {
    const { records, templates } = this.#counts;
    if (this.#isWhole && announcedRecords !== records + templates) {
      this.#options.messages.note('record counts that differ');
    }
  }

  /** @param offset of the records in the current message */
  #hold(offset: number): void {
    if (this.#newlyHeld.length >= MAX_HELD_SETS) {
      this.#held.givenUp++;
      return;
    }
    const message = this.#bytes.subarray(this.#start);
    const held = this.#held.hold(this.#session, message, offset, this.#nowMs);
    if (held === undefined) return;
    held.isRepeated = this.#session
      .foreign(this.#domain)
      .repeated.has(this.#header, this.#bytes, this.#start);
    this.#newlyHeld.push(held);
  }

  #checkSequence({ sequenceNumber, exportTimeSeconds, sflow }: MessageHeader): void {
    const session = this.#session;
    const counts = this.#counts;
    const { sequence } = this.#domain;
    counts.sessionRecords = session.records;
    counts.sessionMessages = session.messages;
    session.records += counts.records;
    session.messages++;
    if (this.#isWhole && sequence.takeNext(sequenceNumber, exportTimeSeconds, counts)) return;
    const { lost, undecoded, counting } = sequence;
    // What arrives twice arrives at two times, but was sent at one.
    const sentSeconds = sflow === undefined ? exportTimeSeconds : sflow.uptimeMs / 1000;
    const verdict = sequence.check(sequenceNumber, sentSeconds, counts, this.#isWhole);
    if (sequence.counting !== counting) this.#reports.reportCounting(this.#domain);
    const losses = { lost: sequence.lost - lost, undecoded: sequence.undecoded - undecoded };
    if (verdict === 'in order' && losses.lost === 0) return;
    this.#reports.reportVerdict(verdict, sequenceNumber, session, this.#domain, losses);
  }

  /** The records of newly held sets come after those that could be read, as far as can be known. */
  #rememberHeld({ sequenceNumber }: MessageHeader): void {
    for (const held of this.#newlyHeld) held.after = (sequenceNumber + this.#counts.records) >>> 0;
    this.#newlyHeld = [];
  }

  /** A held set has been read. */
  #recover({ after }: HeldSet): void {
    const { sequence } = this.#domain;
    const { undecoded } = sequence;
    sequence.recover(after, this.#counts.records);
    this.#losses.countUndecoded(sequence.undecoded - undecoded);
  }
}
