import type { Account, Clock, Log } from '../../runtime/index.ts';
import { domainInScope, type ExporterStatements, type ForeignRecords } from '../foreign/index.ts';
import { meteringStateIn } from '../metering-state.ts';
import { isOwnOptionsTemplate } from '../options-templates.ts';
import type { DataRecord, DataSet, MessageHeader } from '../wire/index.ts';
import type { ExporterHistories } from './exporter-histories.ts';
import type { FlowReader } from './flow-readers.ts';
import type { ObservationDomain, TransportSession } from './transport-session.ts';

/**
 * Interprets the records of foreign exporters, reads their options records, and counts assumptions: events of
 * the account of records.
 */
export class ForeignDelivery {
  readonly #account: Account;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #histories: ExporterHistories;
  /** In monotonic time. */
  readonly #beganMs: number;

  constructor(account: Account, log: Log, clock: Clock, histories: ExporterHistories) {
    this.#account = account;
    this.#clock = clock;
    this.#log = log;
    this.#histories = histories;
    this.#beganMs = clock.monotonic();
  }

  /** Interprets the rows of a reader's batch that came from a set, from row `from` on. */
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
    if (findings.repeatedRecords > 0) this.#account.drop('metered twice', findings.repeatedRecords);
    if (findings.scaled > 0) this.#account.note('scaled by sampling', findings.scaled);
    if (findings.refusedRates > 0) this.#refuseRate(domain, findings.refusedRates);
  }

  /** Whether the set's message has arrived before. */
  isRepeated({ header, bytes, messageStart }: DataSet, session: TransportSession, domain: ObservationDomain) {
    return session.foreign(domain).repeated.has(header, bytes, messageStart);
  }

  /** Reads an options record of a message. */
  hear(
    record: DataRecord,
    header: MessageHeader,
    session: TransportSession,
    domain: ObservationDomain,
  ): void {
    const scope = domainInScope(record);
    const about = scope === undefined ? domain : session.domain(scope);
    this.#hearStatements(record, header, session, about);
    // An agent needs no interpretation, nor the memory for it.
    if (isOwnOptionsTemplate(record.template)) return;
    const { statements } = session.foreign(about);
    const nowMs = this.#clock.monotonic();
    if (!statements.names.hear(record, nowMs)) this.#account.note('interface names left out');
    const verdict = statements.hear(record, nowMs);
    if (verdict === 'refused') this.#refuseRate(domain, 1);
    if (verdict === 'new' && statements.recordsWithoutRate > 0) this.#noteWithoutRate(statements);
  }

  /** What the exporter says of itself. Its losses may have happened between two sessions. */
  #hearStatements(
    record: DataRecord,
    { exportTimeSeconds }: MessageHeader,
    { address, exportProtocol }: TransportSession,
    { origin }: ObservationDomain,
  ) {
    const collectingForMs = this.#clock.monotonic() - this.#beganMs;
    const history = this.#histories.of(address, origin.observationDomainId, exportProtocol);
    // Those beyond the bound are one history, which is nobody's.
    if (history.exportProtocol !== 'other') history.state = meteringStateIn(record) ?? history.state;
    const lost = history.report(record, { exportTimeSeconds, collectingForMs });
    if (lost === undefined) return;
    this.#account.note('not sent by exporter', lost.unsentRecords);
    this.#account.note('packets not metered by exporter', lost.ignoredPackets);
  }

  /** Counts them once the exporter is known to sample. */
  #noteWithoutRate(statements: ExporterStatements): void {
    this.#account.note('without sampling rate', statements.recordsWithoutRate);
    statements.recordsWithoutRate = 0;
  }

  #refuseRate({ origin }: ObservationDomain, times: number): void {
    this.#account.note('sampling rate refused', times);
    const text = `a sampling rate is 1 to 16,777,216 packets for each sampled one; this exporter reports another rate, which Weir ignores`;
    const place = `domain ${origin.observationDomainId}`;
    this.#log.limited(this.#account.name, 'sampling rate refused', `${origin.exporter}: ${text} (${place})`, {
      ...origin,
    });
  }
}
