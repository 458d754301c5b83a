import type { Account, Log } from '../../runtime/index.ts';
import type { MessageHeader, SampleNumbers, SkippedSamples } from '../wire/index.ts';
import type { LossCounting } from './loss-counting.ts';
import type { ObservationDomain, TransportSession } from './transport-session.ts';

export interface SampleCountingParts {
  readonly messages: Account;
  readonly records: Account;
  readonly log: Log;
  readonly name: string;
}

/** Counts the losses that the samples of sFlow agents report, and the samples that are not read. */
export class SampleCounting {
  readonly #parts: SampleCountingParts;
  readonly #losses: LossCounting;

  constructor(parts: SampleCountingParts, losses: LossCounting) {
    this.#parts = parts;
    this.#losses = losses;
  }

  /** Follows the numbers of a sample in a datagram with this header. */
  take(
    numbers: SampleNumbers,
    { sflow }: MessageHeader,
    session: TransportSession,
    domain: ObservationDomain,
  ): void {
    const { messages, records } = this.#parts;
    const sources = session.samples(domain);
    const { lost, drops, unfollowed } = sources;
    sources.follow(numbers, sflow!.uptimeMs / 1000);
    if (sources.lost !== lost) this.#losses.countRecords(session, domain, sources.lost - lost);
    if (sources.drops !== drops) {
      this.#losses.historyOf(session, domain).reportIgnored(sources.drops - drops);
      records.note('packets not metered by exporter', sources.drops - drops);
    }
    if (sources.unfollowed !== unfollowed) messages.note('sources not followed');
  }

  /** The log reports each kind once for each sub-agent, which will send the same for ever. */
  skip(kind: SkippedSamples, session: TransportSession, domain: ObservationDomain): void {
    const { messages, log, name } = this.#parts;
    messages.note(kind);
    const { reported } = session.samples(domain);
    if (reported.has(kind)) return;
    reported.add(kind);
    const { exporter, observationDomainId } = domain.origin;
    const text = `${exporter}: Weir does not read ${kind} (domain ${observationDomainId})`;
    log.limited(name, kind, text, { exporter, observationDomainId });
  }
}
