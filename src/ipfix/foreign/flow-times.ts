import type { FlowBatch } from '../../flow/index.ts';
import type { ExporterStatements } from './exporter-statements.ts';
import type { Explanations } from './foreign-columns.ts';

/** An uptime of 32 bits in milliseconds begins anew after 49.7 days. */
const UPTIME_WRAP_MS = 2 ** 32;
/** A flow may end so long after it is exported, by clocks that differ. */
export const MAX_AHEAD_MS = 300_000;
/** A start may be so long after an end that is told in whole seconds. */
const COARSE_MS = 1_000;

/**
 * Works out when flows began and ended from what a template tells: absolute times, which come first; offsets
 * from the time of export; uptimes; the time of observation; a duration. What is left is the time of export.
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
   * Fills the times of rows `from` to `to`. An end that is still to come is none, nor is a start after the
   * end, nor anything before 1970.
   * @param latestMs the latest time that an end may have
   * @param initTimeMs when the exporter's uptime began, as options say; NaN if they do not
   * @returns how many of the rows have a time that is estimated
   */
  fill(
    batch: FlowBatch,
    from: number,
    to: number,
    exportTimeMs: number,
    latestMs: number,
    initTimeMs: number,
    exporter: ExporterStatements,
  ): number {
    const { flowStartMilliseconds: starts, flowEndMilliseconds: ends } = batch.columns;
    const estimate = this.#estimate(from, to, exportTimeMs, initTimeMs, exporter);
    let estimated = 0;
    for (let row = from; row < to; row++) {
      let start = this.#earliest(starts[row]!, this.#reverseStart, row);
      let end = this.#latest(ends[row]!, this.#reverseEnd, row);
      let isEstimated = false;
      if (Number.isNaN(end) && this.#endDelta) end = exportTimeMs - this.#endDelta[row]! / 1000;
      if (Number.isNaN(start) && this.#startDelta) start = exportTimeMs - this.#startDelta[row]! / 1000;
      const endUptime = this.#endUptime?.[row] || Number.NaN;
      const startUptime = this.#startUptime?.[row] || Number.NaN;
      if (Number.isNaN(end) && !Number.isNaN(endUptime)) {
        const stated = this.#initTime?.[row] || initTimeMs;
        isEstimated = Number.isNaN(stated);
        end = timeOfUptime(endUptime, isEstimated ? estimate : stated, exportTimeMs);
      }
      if (Number.isNaN(start) && !Number.isNaN(startUptime)) {
        if (!Number.isNaN(endUptime)) start = end - uptimeBetween(startUptime, endUptime);
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

  /** Milliseconds; NaN when the template does not tell it. */
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
 * Milliseconds from one uptime to another, between which it may have begun anew. The half of all there are
 * means that they are told in the wrong order: NaN.
 */
function uptimeBetween(start: number, end: number): number {
  const between = end - start;
  if (between >= 0) return between;
  return between + UPTIME_WRAP_MS < UPTIME_WRAP_MS / 2 ? between + UPTIME_WRAP_MS : Number.NaN;
}

/**
 * The uptime may have wrapped since, any number of times: of the times that it may mean, the last before the
 * export.
 */
function timeOfUptime(uptime: number, initTimeMs: number, exportTimeMs: number): number {
  const end = initTimeMs + uptime;
  const wraps = Math.floor((exportTimeMs + MAX_AHEAD_MS - end) / UPTIME_WRAP_MS);
  return end + Math.max(0, wraps) * UPTIME_WRAP_MS;
}
