import type { Account, Clock, Log } from '../../runtime/index.ts';
import { domainInScope, type ExporterStatements, type ForeignRecords } from '../foreign/index.ts';
import type { DataRecord, DataSet } from '../wire/index.ts';
import type { FlowReader } from './flow-readers.ts';
import type { ObservationDomain, TransportSession } from './transport-session.ts';

/**
 * Has the records of foreign exporters interpreted, hears what those state in options, and counts what had
 * to be supposed: events of the account of records.
 */
export class ForeignDelivery {
  readonly #account: Account;
  readonly #log: Log;
  readonly #clock: Clock;

  constructor(account: Account, log: Log, clock: Clock) {
    this.#account = account;
    this.#clock = clock;
    this.#log = log;
  }

  /** Interprets the rows of a reader's batch that were read of a set, from row `from` on. */
  interpret(
    foreign: ForeignRecords,
    { batch }: FlowReader,
    from: number,
    set: DataSet,
    session: TransportSession,
    domain: ObservationDomain,
  ): void {
    const { findings } = foreign;
    const stated = session.foreign(domain).statements;
    const ofAll = session.domains.get(0)?.foreign?.statements;
    foreign.interpret(batch, from, batch.length, set.header, this.#clock.now(), stated, ofAll);
    if (stated.recordsWithoutRate > 0 && (stated.rates.areStated || ofAll?.rates.areStated)) {
      this.#noteWithoutRate(stated);
    }
    if (findings.estimatedTimes > 0) this.#account.note('times estimated', findings.estimatedTimes);
    if (findings.scaled > 0) this.#account.note('scaled by sampling', findings.scaled);
    if (findings.refusedRates > 0) this.#refuseRate(domain, findings.refusedRates);
  }

  /** Whether the message that a set is in has come before. */
  isRepeated({ header, bytes, messageStart }: DataSet, session: TransportSession, domain: ObservationDomain) {
    return session.foreign(domain).repeated.has(header, bytes, messageStart);
  }

  /** Hears an options record. */
  hear(record: DataRecord, session: TransportSession, domain: ObservationDomain): void {
    const scope = domainInScope(record);
    const { statements } = session.foreign(scope === undefined ? domain : session.domain(scope));
    const verdict = statements.hear(record);
    if (verdict === 'refused') this.#refuseRate(domain, 1);
    if (verdict === 'new' && statements.recordsWithoutRate > 0) this.#noteWithoutRate(statements);
  }

  /** Once it is known that the exporter samples. */
  #noteWithoutRate(statements: ExporterStatements): void {
    this.#account.note('without sampling rate', statements.recordsWithoutRate);
    statements.recordsWithoutRate = 0;
  }

  #refuseRate({ origin }: ObservationDomain, times: number): void {
    this.#account.note('sampling rate refused', times);
    const text = `a sampling rate is 1 to 16,777,216 packets for each sampled one; this exporter states another, which is passed over`;
    const place = `domain ${origin.observationDomainId}`;
    this.#log.limited(this.#account.name, 'sampling rate refused', `${origin.exporter}: ${text} (${place})`, {
      ...origin,
    });
  }
}
