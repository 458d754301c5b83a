import { Dictionary, type FlowBatch, MAX_NAME_OCTETS, type Origin } from '../../flow/index.ts';
import { type Account, type Clock, describeError, type Log } from '../../runtime/index.ts';
import type { TransportName } from '../transport-kind.ts';
import {
  type DataRecord,
  type DataSet,
  type DecodeErrorHandler,
  type MessageHeader,
  readRecords,
} from '../wire/index.ts';
import type { ExporterHistories } from './exporter-histories.ts';
import { type FlowReader, FlowReaders } from './flow-readers.ts';
import { ForeignDelivery } from './foreign-delivery.ts';
import type { ObservationDomain, TransportSession } from './transport-session.ts';
import type { Turns } from './turns.ts';

/** A record of any template as plain values, and its message. */
export interface CollectedRecord {
  readonly origin: Origin;
  readonly protocol: TransportName;
  readonly header: MessageHeader;
  /** Octets in its values share the receive buffer: copy what you keep. */
  readonly record: DataRecord;
}

/** Takes the records. Each record goes to one of the two. */
export interface RecordConsumer {
  /**
   * Flows, as columns. The batch is valid until the call returns. Records of one template arrive in their
   * original order; records of two templates in one chunk may not.
   */
  onBatch?(batch: FlowBatch): void;
  /** Records without flow fields (options, statistics), or all if there is no `onBatch`. */
  onRecord?(record: CollectedRecord): void;
}

/** Bounds after which the shared dictionary is replaced, so that names that churn cannot grow the process. */
const MAX_STRINGS = 65_536;
const MAX_STRING_OCTETS = 4 * 1024 * 1024;

/** Records without flow fields that are read between two looks at the turn. */
const RECORDS_AT_ONCE = 64;

export interface RecordDeliveryOptions {
  readonly account: Account;
  readonly log: Log;
  readonly clock: Clock;
  readonly histories: ExporterHistories;
  /** Capacity of each batch. */
  readonly batchRows: number;
  /** Asked after each batch: the rest of a set may have to wait for the next turn. */
  readonly turns: Turns;
}

/** Reads the records of data sets and passes them on, flows in batches, and keeps the account of both. */
export class RecordDelivery {
  readonly #consumer: RecordConsumer;
  readonly #account: Account;
  readonly #log: Log;
  readonly #readers: FlowReaders;
  readonly #foreign: ForeignDelivery;
  /** Batches with rows, in the order of their first. */
  readonly #pending: FlowBatch[] = [];
  /** Flows read since the last delivery. */
  #sinceDelivery = 0;
  readonly #batchRows: number;
  readonly #turns: Turns;
  #dictionary = new Dictionary(MAX_NAME_OCTETS);

  constructor(consumer: RecordConsumer, options: RecordDeliveryOptions) {
    const { account, log, clock, histories, batchRows, turns } = options;
    this.#batchRows = batchRows;
    this.#turns = turns;
    this.#consumer = consumer;
    this.#account = account;
    this.#log = log;
    this.#readers = new FlowReaders(batchRows, (event) => account.note(event));
    this.#foreign = new ForeignDelivery(account, log, clock, histories);
  }

  /** Records read and not yet passed on. */
  get pending(): number {
    return this.#pending.reduce((sum, batch) => sum + batch.length, 0);
  }

  /**
   * Reads the records of a set, and returns their number. Flows wait for `deliver`. If the turn ends before
   * the set, the offset of the set is before its end; then call again with it.
   */
  read(
    set: DataSet,
    session: TransportSession,
    domain: ObservationDomain,
    onError: DecodeErrorHandler,
  ): number {
    const reader = this.#consumer.onBatch && this.#readers.readerOf(set.template);
    return reader
      ? this.#readFlows(set, reader, session, domain, onError)
      : this.#readAny(set, session, domain, onError);
  }

  /** Passes on the flows that were read. */
  deliver(): void {
    for (const batch of this.#pending) {
      const { length } = batch;
      try {
        this.#consumer.onBatch!(batch);
        this.#account.sent += length;
      } catch (error) {
        this.#fail(error, length);
      }
      batch.length = 0;
    }
    this.#pending.length = 0;
    this.#sinceDelivery = 0;
    const { size, octets, cut } = this.#dictionary;
    this.#account.note('names cut', cut);
    this.#dictionary.cut = 0;
    if (size > MAX_STRINGS || octets > MAX_STRING_OCTETS) this.#dictionary = new Dictionary(MAX_NAME_OCTETS);
  }

  #readFlows(
    set: DataSet,
    reader: FlowReader,
    session: TransportSession,
    domain: ObservationDomain,
    onError: DecodeErrorHandler,
  ): number {
    const { columns, batch, foreign } = reader;
    const { origin } = domain;
    const isRepeated = foreign !== undefined && this.#foreign.isRepeated(set, session, domain);
    const shortTotals = foreign?.shortTotals ?? 0;
    const isOther = batch.origin !== origin || batch.shortTotals !== shortTotals;
    if ((batch.length > 0 && isOther) || this.#sinceDelivery >= this.#batchRows) this.deliver();
    let records = 0;
    for (let isDone = false; !isDone; ) {
      if (batch.isFull) {
        this.deliver();
        if (this.#turns.isOver) break;
      }
      if (batch.length === 0) {
        batch.origin = origin;
        batch.shortTotals = shortTotals;
        batch.dictionary = this.#dictionary;
      }
      const before = batch.length;
      isDone = columns.read(set, batch, onError);
      records += batch.length - before;
      this.#sinceDelivery += batch.length - before;
      if (isRepeated) batch.length = before;
      else if (foreign !== undefined) this.#foreign.interpret(foreign, reader, before, set, session, domain);
      if (before === 0 && batch.length > 0) this.#pending.push(batch);
      if (isDone) set.offset = set.end;
    }
    this.#account.received += records;
    if (isRepeated) this.#account.drop('duplicate', records);
    this.#readers.credit(set.template, records, session.address);
    return records;
  }

  #readAny(
    set: DataSet,
    session: TransportSession,
    domain: ObservationDomain,
    onError: DecodeErrorHandler,
  ): number {
    let records = 0;
    const isBrief = this.#consumer.onRecord === undefined;
    for (const record of readRecords(set, session.templates, onError, isBrief)) {
      this.#passOn(record, set, session, domain);
      if (++records % RECORDS_AT_ONCE === 0 && this.#turns.isOver) return records;
    }
    set.offset = set.end;
    return records;
  }

  #passOn(record: DataRecord, set: DataSet, session: TransportSession, domain: ObservationDomain): void {
    const isOptions = record.template.scopeFieldCount > 0;
    if (isOptions) {
      this.#account.note('options records');
      this.#foreign.hear(record, set.header, session, domain);
    }
    if (this.#consumer.onRecord === undefined) {
      if (!isOptions) this.#dropUnwanted();
      return;
    }
    this.#account.received++;
    const { origin } = domain;
    try {
      this.#consumer.onRecord({ origin, protocol: session.protocol, header: set.header, record });
      this.#account.sent++;
    } catch (error) {
      this.#fail(error, 1);
    }
  }

  #dropUnwanted(): void {
    this.#account.received++;
    this.#account.drop('not a flow');
  }

  /** A consumer that throws loses the records of its call, and nothing else. */
  #fail(error: unknown, records: number): void {
    this.#account.drop('consumer failed', records);
    this.#log.limited(
      this.#account.name,
      'consumer failed',
      `${records} records lost: ${describeError(error)}`,
      { lostRecords: records },
    );
  }
}
