import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/loki';
import type { LogQuery } from './log-views.ts';
import { logSource, victoriaLogsSource } from './variables.ts';

/** A server for the lines of flows, as Grafana queries it. */
export interface LogServer {
  readonly title: string;
  readonly source: { readonly type: string; readonly uid: string };
  /** What a reader without the server needs to know. */
  readonly needs: string;
  /** … and with small limits. */
  readonly needsForSums: string;
  /** Columns of sums that are no labels. */
  readonly alsoAnswers: Readonly<Record<string, true>>;
  /** The newest lines. */
  lines(query: LogQuery, most: number): Builder<Dataquery>;
  sumsOverTime(query: LogQuery, legend: string): Builder<Dataquery>;
  /** Once, at the end of the range. */
  sums(query: LogQuery): Builder<Dataquery>;
}

const askLoki = ({ logql }: LogQuery, type: 'range' | 'instant'): DataqueryBuilder =>
  new DataqueryBuilder().refId('A').datasource(logSource).expr(logql).queryType(type);

const loki: LogServer = {
  title: 'Loki',
  source: logSource,
  needs: 'Needs Loki, as a sink of the aggregator.',
  needsForSums:
    "Needs Loki, as a sink of the aggregator. Needs max_query_series in Loki's limits_config above the possible number of rows.",
  alsoAnswers: {},
  lines: (query, most) => askLoki(query, 'range').maxLines(most),
  sumsOverTime: (query, legend) => askLoki(query, 'range').legendFormat(legend),
  sums: (query) => askLoki(query, 'instant'),
};

/** A query of Grafana's plugin for VictoriaLogs, which the SDK lacks. */
interface VictoriaLogsQuery extends Dataquery {
  readonly expr: string;
  /** Lines, sums over time, or sums once. */
  readonly queryType: 'instant' | 'statsRange' | 'stats';
  readonly maxLines?: number;
  readonly legendFormat?: string;
}

const askVictoriaLogs = (
  { logsql }: LogQuery,
  more: Pick<VictoriaLogsQuery, 'queryType' | 'maxLines' | 'legendFormat'>,
): Builder<Dataquery> => {
  const query = { refId: 'A', datasource: victoriaLogsSource, editorMode: 'code', expr: logsql, ...more };
  return { build: () => query as unknown as Dataquery };
};

const victoriaLogs: LogServer = {
  title: 'VictoriaLogs',
  source: victoriaLogsSource,
  needs: 'Needs VictoriaLogs, as a sink of the aggregator.',
  needsForSums: 'Needs VictoriaLogs, as a sink of the aggregator.',
  alsoAnswers: { __name__: true },
  lines: (query, maxLines) => askVictoriaLogs(query, { queryType: 'instant', maxLines }),
  sumsOverTime: (query, legendFormat) => askVictoriaLogs(query, { queryType: 'statsRange', legendFormat }),
  sums: (query) => askVictoriaLogs(query, { queryType: 'stats' }),
};

export const logServers: readonly LogServer[] = [loki, victoriaLogs];
