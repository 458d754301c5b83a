import type { ExportProtocol } from '../export-protocol.ts';
import { LossReports, type ReportTimes } from '../foreign/index.ts';
import type { MeteringState } from '../metering-state.ts';
import type { DataRecord } from '../wire/index.ts';

/** What is known about one observation domain of one exporter, across all its sessions. */
export interface ExporterReading {
  /** Address without the port, which changes between sessions; `other` sums up those beyond the bound. */
  readonly exporter: string;
  readonly observationDomainId: number;
  readonly exportProtocol: ExportProtocol | 'other';
  /** The first name in its certificate, over a secured transport. */
  readonly peerName?: string | undefined;
  /** Of `other` only: how many domains of open sessions it sums up. */
  readonly summedDomains?: number;
  /** When the first and the last record arrived, in milliseconds since 1970; undefined before the first. */
  readonly firstRecordMs?: number;
  readonly lastRecordMs?: number;
  /** Records that arrived, those about the exporter itself among them. */
  readonly records: number;
  /** What an agent said of itself last; undefined if it is none, or does not say. */
  readonly state?: MeteringState | undefined;
  /**
   * Records that were sent and did not arrive, by the sequence numbers. It is the highest value so far, since
   * a late record reduces the loss.
   */
  readonly lost: number;
  /** Records that it did not send, and packets that it did not meter, by its own reports; else undefined. */
  readonly unsentRecords?: number;
  readonly ignoredPackets?: number;
  /**
   * Messages that were sent and did not arrive, of exporters that number those. Each is in `lost` as well.
   */
  readonly lostMessages: number;
}

/** How often something from one exporter could not be read for one reason. */
export interface DecodeErrorCount {
  /** As in `ExporterReading`. */
  readonly exporter: string;
  readonly reason: string;
  readonly count: number;
}

/**
 * Maximum exporters and observation domains with a history. An exporter may name any domain, and over UDP any
 * address.
 */
const MAX_HISTORIES = 4096;
const MAX_ADDRESSES = 1024;
/** Maximum domains of one address. */
const MAX_DOMAINS = 64;
/** A history without a session expires after this silence. */
const SILENCE_MS = 24 * 3_600_000;

/** A history that becomes an `ExporterReading`. */
export class ExporterHistory {
  readonly exporter: string;
  readonly observationDomainId: number;
  readonly exportProtocol: ExportProtocol | 'other';
  /** Of its latest session. */
  peerName: string | undefined;
  /** In monotonic time, 0 before the first. */
  firstRecordMs = 0;
  lastRecordMs = 0;
  records = 0;
  state: MeteringState | undefined;
  lost = 0;
  /** Undefined until the exporter reports what it lost. */
  reported: { unsentRecords: number; ignoredPackets: number } | undefined;
  lostMessages = 0;
  readonly #lossReports = new LossReports();
  #missing = 0;
  #missingMessages = 0;

  constructor(
    exporter: string,
    observationDomainId: number,
    exportProtocol: ExportProtocol | 'other' = 'other',
  ) {
    this.exporter = exporter;
    this.observationDomainId = observationDomainId;
    this.exportProtocol = exportProtocol;
  }

  /** @param records newly missing ones; negative when missing ones have arrived */
  miss(records: number): void {
    this.#missing += records;
    this.lost = Math.max(this.lost, this.#missing);
  }

  /** Takes an options record, and returns the losses that it adds; undefined if it reports none. */
  report(
    record: DataRecord,
    times: ReportTimes,
  ): { unsentRecords: number; ignoredPackets: number } | undefined {
    // The totals of different exporters together would be those of none.
    const lost = this.exportProtocol === 'other' ? undefined : this.#lossReports.growth(record, times);
    if (lost === undefined) return undefined;
    this.#report(lost.unsentRecords, lost.ignoredPackets);
    return lost;
  }

  /** Takes a number of packets that an agent of sFlow says it could not sample. */
  reportIgnored(packets: number): void {
    this.#report(0, packets);
  }

  /** As `miss`, for an exporter that numbers its messages. */
  missMessages(messages: number): void {
    this.#missingMessages += messages;
    this.lostMessages = Math.max(this.lostMessages, this.#missingMessages);
  }

  #report(unsentRecords: number, ignoredPackets: number): void {
    this.reported ??= { unsentRecords: 0, ignoredPackets: 0 };
    this.reported.unsentRecords += unsentRecords;
    this.reported.ignoredPackets += ignoredPackets;
  }
}

const keyOf = (observationDomainId: number, exportProtocol: string): string =>
  `${exportProtocol} ${observationDomainId}`;

/** Remembers exporters beyond their sessions, bounded in number. */
export class ExporterHistories {
  /** By address, then by domain and protocol. */
  readonly #byAddress = new Map<string, Map<string, ExporterHistory>>();
  #size = 0;
  readonly #others = new ExporterHistory('other', 0);
  /** By address, then by reason. */
  readonly #errors = new Map<string, Map<string, number>>();

  of(
    exporter: string,
    observationDomainId: number,
    exportProtocol: ExportProtocol = 'ipfix',
  ): ExporterHistory {
    const domains = this.#byAddress.get(exporter) ?? new Map<string, ExporterHistory>();
    const key = keyOf(observationDomainId, exportProtocol);
    const known = domains.get(key);
    if (known !== undefined) return known;
    if (domains.size >= MAX_DOMAINS || this.#size >= MAX_HISTORIES) return this.#others;
    const history = new ExporterHistory(exporter, observationDomainId, exportProtocol);
    domains.set(key, history);
    this.#byAddress.set(exporter, domains);
    this.#size++;
    return history;
  }

  /** Whether it sums up exporters beyond the bound. */
  isOfOthers(history: ExporterHistory | undefined): boolean {
    return history === this.#others;
  }

  countError(exporter: string, reason: string): void {
    const isKnown = this.#errors.has(exporter) || this.#errors.size < MAX_ADDRESSES;
    const name = isKnown ? exporter : 'other';
    const reasons = this.#errors.get(name) ?? new Map<string, number>();
    this.#errors.set(name, reasons);
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }

  get readings(): ExporterHistory[] {
    const others = this.#others.lastRecordMs === 0 ? [] : [this.#others];
    return [...this.#all(), ...others];
  }

  get errors(): DecodeErrorCount[] {
    return [...this.#errors].flatMap(([exporter, reasons]) =>
      [...reasons].map(([reason, count]) => ({ exporter, reason, count })),
    );
  }

  /** @param inUse the histories of open sessions; called only when a history is old enough */
  forgetSilent(nowMs: number, inUse: () => ReadonlySet<ExporterHistory>): void {
    const silent = [...this.#all()].filter(({ lastRecordMs }) => nowMs - lastRecordMs > SILENCE_MS);
    if (silent.length === 0) return;
    const kept = inUse();
    for (const history of silent) if (!kept.has(history)) this.#forget(history);
  }

  *#all(): Generator<ExporterHistory> {
    for (const domains of this.#byAddress.values()) yield* domains.values();
  }

  #forget({ exporter, observationDomainId, exportProtocol }: ExporterHistory): void {
    const domains = this.#byAddress.get(exporter)!;
    domains.delete(keyOf(observationDomainId, exportProtocol));
    if (domains.size === 0) this.#byAddress.delete(exporter);
    this.#size--;
  }
}
