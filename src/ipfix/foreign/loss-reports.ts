import { type DataRecord, numberOfElement } from '../wire/index.ts';

/** What an exporter reports that never left it, or that it never metered (RFC 7011 sections 4.2 and 4.3). */
export interface ReportedLosses {
  /** Flow records that it made and did not send: notSentFlowTotalCount. */
  readonly unsentRecords: number | undefined;
  /** Packets that reached it and are in no flow record: ignoredPacketTotalCount. */
  readonly ignoredPackets: number | undefined;
}

/** When a report arrived. */
export interface ReportTimes {
  /** By the exporter's clock. */
  readonly exportTimeSeconds: number;
  /** How long this collector has been running. */
  readonly collectingForMs: number;
}

const NOT_SENT_FLOW_TOTAL_COUNT = 166;
const IGNORED_PACKET_TOTAL_COUNT = 164;
const SYSTEM_INIT_TIME_MILLISECONDS = 160;
/** The export time has whole seconds. */
const EXPORT_TIME_STEP_MS = 1_000;

/**
 * Maximum processes of an observation domain whose totals are kept apart, and characters that identify one.
 */
const MAX_PROCESSES = 8;
const MAX_SCOPE = 64;

/** The totals that the processes of one observation domain have reported, in all its sessions. */
export class LossReports {
  /** By the scope of the report: one domain may have several processes, each with totals of its own. */
  readonly #totals = new Map<string, ReportedLosses & { readonly initTimeMs: number | undefined }>();

  /**
   * What was lost since the report before; undefined if the record reports no losses. A total that falls has
   * started anew, and so has one with another systemInitTimeMilliseconds.
   *
   * The first report of a process counts in full if its totals are younger than this collector. Otherwise it
   * only begins the count, because its losses may be years old, or an earlier collector counted them.
   */
  growth(
    record: DataRecord,
    times: ReportTimes,
  ): { unsentRecords: number; ignoredPackets: number } | undefined {
    const unsentRecords = totalIn(record, NOT_SENT_FLOW_TOTAL_COUNT);
    const ignoredPackets = totalIn(record, IGNORED_PACKET_TOTAL_COUNT);
    if (unsentRecords === undefined && ignoredPackets === undefined) return undefined;
    const process = record.values.slice(0, record.template.scopeFieldCount).join(' ').slice(0, MAX_SCOPE);
    const before = this.#totals.get(process);
    if (before === undefined && this.#totals.size >= MAX_PROCESSES) return undefined;
    const initTimeMs = totalIn(record, SYSTEM_INIT_TIME_MILLISECONDS);
    const hasRestarted = before !== undefined && initTimeMs !== before.initTimeMs;
    const isYounger = before === undefined && isYoungerThanCollector(initTimeMs, times);
    const counted = hasRestarted || isYounger ? none : before;
    this.#totals.set(process, {
      unsentRecords: unsentRecords ?? before?.unsentRecords,
      ignoredPackets: ignoredPackets ?? before?.ignoredPackets,
      initTimeMs,
    });
    return {
      unsentRecords: growthOf(unsentRecords, counted?.unsentRecords),
      ignoredPackets: growthOf(ignoredPackets, counted?.ignoredPackets),
    };
  }
}

const none: ReportedLosses = { unsentRecords: 0, ignoredPackets: 0 };

/** Both times are the exporter's, so that its clock may be wrong. */
function isYoungerThanCollector(initTimeMs: number | undefined, times: ReportTimes): boolean {
  if (initTimeMs === undefined) return false;
  const ageMs = times.exportTimeSeconds * 1000 + EXPORT_TIME_STEP_MS - initTimeMs;
  return ageMs >= 0 && ageMs <= times.collectingForMs;
}

function growthOf(total: number | undefined, before: number | undefined): number {
  if (total === undefined || before === undefined) return 0;
  return total >= before ? total - before : total;
}

/** A total is no part of the scope. */
const totalIn = (record: DataRecord, id: number): number | undefined =>
  numberOfElement(record, id, record.template.scopeFieldCount);
