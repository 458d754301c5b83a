/** Facts from VictoriaLogs' metrics that its answers do not contain. */
export interface ServerMetrics {
  /** The start of the process, in milliseconds since 1970 by its own clock. */
  readonly startedMs: number;
  /** Rows that it has dropped from all clients, by its reason. */
  readonly droppedRows: ReadonlyMap<string, number>;
}

/** Undefined when they are not the metrics of a VictoriaLogs. */
export function readServerMetrics(text: string): ServerMetrics | undefined {
  const started = Number(/^process_start_time_seconds (\S+)$/m.exec(text)?.[1] ?? Number.NaN);
  if (Number.isNaN(started) || !/^vl_/m.test(text)) return undefined;
  const rows = text.matchAll(/^vl_rows_dropped_total\{reason="(\w{1,64})"\} (\d+)$/gm);
  return {
    startedMs: started * 1000,
    droppedRows: new Map(Array.from(rows, ([, reason, count]) => [reason!, Number(count)])),
  };
}

/** Rows dropped between two readings, by reason. */
export function droppedSince(
  { startedMs, droppedRows }: ServerMetrics,
  last: ServerMetrics,
): [reason: string, rows: number][] {
  const earlierCountOf = (reason: string) =>
    startedMs === last.startedMs ? (last.droppedRows.get(reason) ?? 0) : 0;
  return Array.from(droppedRows, ([reason, rows]): [string, number] => [
    reason,
    rows - earlierCountOf(reason),
  ]).filter(([, rows]) => rows > 0);
}
