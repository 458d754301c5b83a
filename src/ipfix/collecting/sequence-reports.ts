import type { Account, Log } from '../../runtime/index.ts';
import type { LossCounting } from './loss-counting.ts';
import type { SequenceVerdict } from './sequence-check.ts';
import type { ObservationDomain, TransportSession } from './transport-session.ts';

/** Events of the account of records. */
const eventOf: Record<Exclude<SequenceVerdict, 'in order' | 'gap'>, string> = {
  late: 'late messages',
  duplicate: 'duplicate messages',
  restart: 'exporter restarts',
};

export interface SequenceReportsParts {
  readonly records: Account;
  readonly losses: LossCounting;
  readonly log: Log;
  readonly name: string;
}

/** Counts and logs what the sequence numbers of messages show. */
export class SequenceReports {
  readonly #parts: SequenceReportsParts;

  constructor(parts: SequenceReportsParts) {
    this.#parts = parts;
  }

  /** The exporter has restarted before a message, so its templates may be others. */
  reportRestart({ origin }: ObservationDomain): void {
    const { records, log, name } = this.#parts;
    records.note(eventOf.restart);
    const text = 'the exporter has restarted, by its uptime or sequence number: Weir waits for its templates';
    const place = `domain ${origin.observationDomainId}`;
    log.limited(name, 'exporter restart', `${origin.exporter}: ${text} (${place})`, { ...origin });
  }

  /**
   * Reports a message that is not in order, or before which something is missing.
   * @param lost records or messages that did not come; negative for what has arrived late
   * @param undecoded records that came and could not be read
   */
  reportVerdict(
    verdict: SequenceVerdict,
    sequenceNumber: number,
    session: TransportSession,
    domain: ObservationDomain,
    { lost, undecoded }: { readonly lost: number; readonly undecoded: number },
  ): void {
    const { records, losses, log, name } = this.#parts;
    const { origin } = domain;
    if (verdict !== 'gap' && verdict !== 'in order') records.note(eventOf[verdict]);
    losses.countGap(session, domain, lost);
    losses.countUndecoded(undecoded);
    const unit = domain.sequence.countsMessages ? 'messages' : 'records';
    const gap =
      lost > 0
        ? `${lost} ${unit} before this message did not come`
        : `${undecoded} records of the previous message could not be decoded`;
    const text = {
      'in order': gap,
      gap,
      late: 'this message arrived after later ones',
      duplicate: 'this message arrived before',
      restart: 'the exporter restarts its sequence numbers with this message',
    }[verdict];
    const place = `domain ${origin.observationDomainId}, sequence number ${sequenceNumber}`;
    const fields = { ...origin, sequenceNumber };
    log.limited(name, `sequence: ${verdict}`, `${origin.exporter}: ${text} (${place})`, fields);
  }

  /** Weir reads the sequence numbers of a domain otherwise than before. */
  reportCounting({ origin, sequence }: ObservationDomain): void {
    const { records, log, name } = this.#parts;
    records.note('sequence numbers read otherwise');
    const text = `its sequence numbers count ${sequence.counting}; Weir derives losses from that`;
    const place = `domain ${origin.observationDomainId}`;
    log.limited(name, 'sequence: counting', `${origin.exporter}: ${text} (${place})`, { ...origin });
  }
}
