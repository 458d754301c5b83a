import { type FlowCondition, recordToJson } from '../flow/index.ts';
import {
  LineReader,
  type LoggedLine,
  LogSearch,
  type LogServerName,
  LokiQuery,
  logqlOf,
  logsqlOf,
  VictoriaLogsQuery,
} from '../logs/index.ts';
import { parseSince, systemClock } from '../runtime/index.ts';
import {
  flowLogSinkOf,
  type LogServerOptions,
  logServerHeaders,
  logServerUrl,
} from './log-server-options.ts';
import { writeError } from './standard-error.ts';
import { writeLines } from './standard-output.ts';
import type { JsonRecord, RecordPrinter } from './text/index.ts';

export interface LoggedFlowsOptions extends LogServerOptions {
  readonly follow?: true;
  readonly last?: number;
  readonly since?: string;
}

const DEFAULT_LAST = 20;
/** How far back to search for the newest without --since. */
const LOOK_BACK_MS = 3_600_000;

/** The query language and client of each server. */
const servers = {
  loki: { queryOf: logqlOf, Query: LokiQuery },
  victoriaLogs: { queryOf: logsqlOf, Query: VictoriaLogsQuery },
};

/** Shows flows from Loki or VictoriaLogs. */
export async function showLoggedFlows(
  server: LogServerName,
  condition: FlowCondition,
  options: LoggedFlowsOptions,
  printer: RecordPrinter,
): Promise<void> {
  const sink = flowLogSinkOf(server, options);
  const { queryOf, Query } = servers[server];
  const url = logServerUrl(server, options, sink);
  const headers = await logServerHeaders(server, options, sink);
  const search = new LogSearch(new Query({ url, headers }), systemClock);
  const reader = new LineReader(sink);
  let others = 0;
  let header = printer.header === undefined ? [] : [printer.header];
  for await (const page of pagesOf(search, queryOf(condition, sink), options)) {
    const records = page.flatMap((line) => jsonOf(reader, line));
    others += page.length - records.length;
    await writeLines([...header, ...records.map((record) => printer.line(record))]);
    header = [];
  }
  if (header.length > 0) await writeLines(header);
  if (others > 0)
    writeError(
      `weir: left out ${others} ${others === 1 ? 'line' : 'lines'} of other programs in the same streams\n`,
    );
}

async function* pagesOf(
  search: LogSearch,
  query: string,
  { follow, last, since }: LoggedFlowsOptions,
): AsyncGenerator<LoggedLine[]> {
  const sinceMs = since === undefined ? undefined : parseSince(since, Date.now());
  const count = last ?? (sinceMs === undefined && !follow ? DEFAULT_LAST : undefined);
  let followMs = sinceMs;
  let shown: LoggedLine[] = [];
  if (count !== undefined) {
    const startMs = sinceMs ?? Date.now() - LOOK_BACK_MS;
    shown = await search.newest(query, startMs, count);
    yield shown;
    followMs = count === 0 ? undefined : shown.length < count ? startMs : msOf(shown[0]!);
  }
  if (follow)
    yield* search.follow(query, followMs, new AbortController().signal, { shown, onTrouble: reportTrouble });
  else if (count === undefined) yield* search.since(query, sinceMs!);
}

const reportTrouble = (trouble: string): void => void writeError(`weir: ${trouble}\n`);

const msOf = ({ timeNs }: LoggedLine): number => Number(timeNs / 1_000_000n);

/**
 * The record in the form of every output of Weir, with the number of flows that it represents when several.
 * Empty if the line is no flow.
 */
function jsonOf(reader: LineReader, line: LoggedLine): JsonRecord[] {
  const flow = reader.read(line);
  if (flow === undefined) return [];
  const record = recordToJson(flow.record);
  return [flow.weight === 1 ? record : { ...record, weight: flow.weight }];
}
