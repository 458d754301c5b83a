import { type DataRecord, numberOfElement } from '../wire/index.ts';

/** What an exporter reports that never left it, or that it never metered (RFC 7011 sections 4.2 and 4.3). */
export interface ReportedLosses {
  /** Flow records that it made and did not send: notSentFlowTotalCount. */
  readonly unsentRecords: number | undefined;
  /** Packets that reached it and are in no flow record: ignoredPacketTotalCount. */
  readonly ignoredPackets: number | undefined;
}

const NOT_SENT_FLOW_TOTAL_COUNT = 166;
const IGNORED_PACKET_TOTAL_COUNT = 164;

/**
 * Maximum processes of an observation domain whose totals are kept apart, and characters that identify one.
 */
const MAX_PROCESSES = 8;
const MAX_SCOPE = 64;

/** The totals that the processes of one observation domain have reported, in all its sessions. */
export class LossReports {
  /** By the scope of the report: one domain may have several processes, each with totals of its own. */
  readonly #totals = new Map<string, ReportedLosses>();

  /**
   * What was lost since the report before; undefined if the record reports no losses. The first report of a
   * process only begins the count, because its losses may be years old. A total that falls has started anew.
   */
  growth(record: DataRecord): { unsentRecords: number; ignoredPackets: number } | undefined {
    const unsentRecords = totalIn(record, NOT_SENT_FLOW_TOTAL_COUNT);
    const ignoredPackets = totalIn(record, IGNORED_PACKET_TOTAL_COUNT);
    if (unsentRecords === undefined && ignoredPackets === undefined) return undefined;
    const process = record.values.slice(0, record.template.scopeFieldCount).join(' ').slice(0, MAX_SCOPE);
    const before = this.#totals.get(process);
    if (before === undefined && this.#totals.size >= MAX_PROCESSES) return undefined;
    this.#totals.set(process, {
      unsentRecords: unsentRecords ?? before?.unsentRecords,
      ignoredPackets: ignoredPackets ?? before?.ignoredPackets,
    });
    return {
      unsentRecords: growthOf(unsentRecords, before?.unsentRecords),
      ignoredPackets: growthOf(ignoredPackets, before?.ignoredPackets),
    };
  }
}

function growthOf(total: number | undefined, before: number | undefined): number {
  if (total === undefined || before === undefined) return 0;
  return total >= before ? total - before : total;
}

/** A total is no part of the scope. */
const totalIn = (record: DataRecord, id: number): number | undefined =>
  numberOfElement(record, id, record.template.scopeFieldCount);
