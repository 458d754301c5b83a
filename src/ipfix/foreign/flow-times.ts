import type { FlowBatch } from '../../flow/index.ts';
import type { ExporterStatements } from './exporter-statements.ts';
import type { Explanations } from './foreign-columns.ts';

/** An uptime of 32 bits in milliseconds wraps after 49.7 days. */
const UPTIME_WRAP_MS = 2 ** 32;
/** How long after its export a flow may end, because clocks differ. */
export const MAX_AHEAD_MS = 300_000;
/** How long a start may be after an end that is given in whole seconds. */
const COARSE_MS = 1_000;

/**
 * Determines when flows began and ended from the elements of a template. Absolute times come first, then
 * offsets from the export time, uptimes, the observation time, a duration. The last resort is the export
 * time.
 */
export class FlowTimes {
  readonly #startUptime: Float64Array | undefined;
  readonly #endUptime: Float64Array | undefined;
  readonly #initTime: Float64Array | undefined;
  readonly #startDelta: Float64Array | undefined;
  readonly #endDelta: Float64Array | undefined;
  readonly #milliseconds: Float64Array | undefined;
  readonly #microseconds: Float64Array | undefined;
  readonly #observed: Float64Array | undefined;
  readonly #reverseStart: Float64Array | undefined;
  readonly #reverseEnd: Float64Array | undefined;

  constructor(told: Explanations) {
    this.#startUptime = told.flowStartSysUpTime;
    this.#endUptime = told.flowEndSysUpTime;
    this.#initTime = told.systemInitTimeMilliseconds;
    this.#startDelta = told.flowStartDeltaMicroseconds;
    this.#endDelta = told.flowEndDeltaMicroseconds;
    this.#milliseconds = told.flowDurationMilliseconds;
    this.#microseconds = told.flowDurationMicroseconds;
    this.#observed = told.observationTime;
    this.#reverseStart = told.reverseFlowStart;
    this.#reverseEnd = told.reverseFlowEnd;
  }

  /**
   * Fills the times of rows `from` to `to`. Ends in the future, starts after the end, and times before 1970
   * do not count.
   * @param headerTimeMs the export time as its message has it
   * @param exportTimeMs the same, or the arrival if that clock is ahead
   * @param latestMs the latest possible end
   * @param initTimeMs when the exporter's uptime began, by its options; NaN without
   * @param uptimeMs its uptime at the export, by the header of NetFlow; NaN without
   * @returns how many of the rows have an estimated time
   */
  fill(
    batch: FlowBatch,
    from: number,
    to: number,
    headerTimeMs: number,
    exportTimeMs: number,
    latestMs: number,
    initTimeMs: number,
    uptimeMs: number,
    exporter: ExporterStatements,
  ): number {
    const { flowStartMilliseconds: starts, flowEndMilliseconds: ends } = batch.columns;
    const isUptimeTold = !Number.isNaN(uptimeMs);
    const estimate = isUptimeTold ? Number.NaN : this.#estimate(from, to, exportTimeMs, initTimeMs, exporter);
    let estimated = 0;
    for (let row = from; row < to; row++) {
      let start = this.#earliest(starts[row]!, this.#reverseStart, row);
      let end = this.#latest(ends[row]!, this.#reverseEnd, row);
      let isEstimated = false;
      if (Number.isNaN(end) && this.#endDelta) end = exportTimeMs - this.#endDelta[row]! / 1000;
      if (Number.isNaN(start) && this.#startDelta) start = exportTimeMs - this.#startDelta[row]! / 1000;
      const endUptime = this.#endUptime?.[row] || Number.NaN;
      const startUptime = this.#startUptime?.[row] || Number.NaN;
      if (Number.isNaN(end) && !Number.isNaN(endUptime) && isUptimeTold) {
        const since = uptimeSince(endUptime, uptimeMs);
        end = headerTimeMs - since; // right even if the header is ahead, as nfreplay's is, unless its clock is wrong
        if (end > latestMs) end = exportTimeMs - since;
      } else if (Number.isNaN(end) && !Number.isNaN(endUptime)) {
        const stated = this.#initTime?.[row] || initTimeMs;
        isEstimated = Number.isNaN(stated);
        end = timeOfUptime(endUptime, isEstimated ? estimate : stated, exportTimeMs);
      }
      if (Number.isNaN(start) && !Number.isNaN(startUptime)) {
        if (!Number.isNaN(endUptime)) start = end - uptimeBetween(startUptime, endUptime);
        else if (isUptimeTold) start = exportTimeMs - uptimeSince(startUptime, uptimeMs);
        else start = timeOfUptime(startUptime, this.#initTime?.[row] || initTimeMs, exportTimeMs);
      }
      if (Number.isNaN(end) && this.#observed) end = this.#observed[row]!;
      const duration = this.#durationOf(row);
      if (Number.isNaN(end)) end = start + duration;
      if (!(end > 0 && end <= latestMs)) {
        isEstimated = true;
        end = start > exportTimeMs && start <= latestMs ? start : exportTimeMs || Number.NaN;
      }
      if (Number.isNaN(start)) start = end - duration;
      if (start > end || start < 0) {
        isEstimated = true;
        if (start > end && start - end < COARSE_MS) end = start;
        else start = Number.NaN;
      }
      starts[row] = start;
      ends[row] = end;
      if (isEstimated) estimated++;
    }
    return estimated;
  }

  /** Milliseconds; NaN when the template has no duration. */
  #durationOf(row: number): number {
    if (this.#milliseconds) return this.#milliseconds[row]!;
    return this.#microseconds ? this.#microseconds[row]! / 1000 : Number.NaN;
  }

  #estimate(
    from: number,
    to: number,
    exportTimeMs: number,
    initTimeMs: number,
    exporter: ExporterStatements,
  ): number {
    if (!this.#endUptime || !Number.isNaN(initTimeMs)) return Number.NaN;
    let greatest = 0;
    for (let row = from; row < to; row++) greatest = Math.max(greatest, this.#endUptime[row]!);
    return exporter.estimateInitTime(exportTimeMs, greatest);
  }

  #earliest(time: number, reverse: Float64Array | undefined, row: number): number {
    return reverse && !(reverse[row]! >= time) && !Number.isNaN(reverse[row]!) ? reverse[row]! : time;
  }

  #latest(time: number, reverse: Float64Array | undefined, row: number): number {
    return reverse && !(reverse[row]! <= time) && !Number.isNaN(reverse[row]!) ? reverse[row]! : time;
  }
}

/**
 * Milliseconds from one uptime to another, with a possible wrap between. NaN for more than half the range:
 * then their order is wrong.
 */
function uptimeBetween(start: number, end: number): number {
  const between = end - start;
  if (between >= 0) return between;
  return between + UPTIME_WRAP_MS < UPTIME_WRAP_MS / 2 ? between + UPTIME_WRAP_MS : Number.NaN;
}

/**
 * Milliseconds from an uptime to that of the export, with a possible wrap between; negative if it is later.
 */
const uptimeSince = (uptimeMs: number, exportUptimeMs: number): number => (exportUptimeMs - uptimeMs) | 0;

/** The uptime may have wrapped any number of times since: the last possible time before the export. */
function timeOfUptime(uptime: number, initTimeMs: number, exportTimeMs: number): number {
  const end = initTimeMs + uptime;
  const wraps = Math.floor((exportTimeMs + MAX_AHEAD_MS - end) / UPTIME_WRAP_MS);
  return end + Math.max(0, wraps) * UPTIME_WRAP_MS;
}
