import type { Account } from '../../runtime/index.ts';
import type { ExporterHistories, ExporterHistory } from './exporter-histories.ts';
import type { ObservationDomain, TransportSession } from './transport-session.ts';

export interface LossCountingParts {
  readonly messages: Account;
  readonly records: Account;
  readonly histories: ExporterHistories;
}

/** Counts what was lost before Weir, in the accounts and for each exporter. Late arrivals count back. */
export class LossCounting {
  readonly #parts: LossCountingParts;

  constructor(parts: LossCountingParts) {
    this.#parts = parts;
  }

  /** The history of a domain, which lasts longer than the session. */
  historyOf(
    { address, exportProtocol, peerName }: TransportSession,
    domain: ObservationDomain,
  ): ExporterHistory {
    if (domain.history === undefined) {
      const { observationDomainId } = domain.origin;
      domain.history = this.#parts.histories.of(address, observationDomainId, exportProtocol);
      if (domain.history.exporter === address) domain.history.peerName = peerName;
    }
    return domain.history;
  }

  /**
   * Counts a gap in the sequence numbers of messages.
   * @param lost records; messages of at least one record each if the exporter numbers those. Negative for
   * what has arrived late.
   */
  countGap(session: TransportSession, domain: ObservationDomain, lost: number): void {
    if (lost === 0) return;
    // Samples of sFlow have numbers of their own.
    if (session.exportProtocol !== 'sflow-v5') this.countRecords(session, domain, lost);
    if (!domain.sequence.countsMessages) return;
    this.historyOf(session, domain).missMessages(lost);
    countLoss(this.#parts.messages, lost);
  }

  /** @param records as `lost` above */
  countRecords(session: TransportSession, domain: ObservationDomain, records: number): void {
    this.historyOf(session, domain).miss(records);
    countLoss(this.#parts.records, records);
  }

  /** Records that arrived and could not be read are received and dropped, once their number is known. */
  countUndecoded(records: number): void {
    if (records === 0) return;
    const { records: account } = this.#parts;
    account.received += records;
    account.dropped.set('undecodable', (account.dropped.get('undecodable') ?? 0) + records);
  }
}

function countLoss({ events }: Account, lost: number): void {
  events.set('lost upstream', (events.get('lost upstream') ?? 0) + lost);
}
