import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';

/** What the browser is given: a dashboard with the answers to its queries. */
export interface DrawnDashboard {
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** What stands at the top: names of variables and what is chosen. */
  readonly variables: readonly (readonly [label: string, value: string])[];
  readonly blocks: readonly DrawnBlock[];
}

/** A row's heading or a panel, with its place on the grid. */
export interface DrawnBlock {
  readonly panel: Panel;
  readonly y: number;
  readonly answers: readonly Answer[];
  /** Of a folded row: how many panels are in it. */
  readonly folded?: number;
}

/** The series that one query returned. */
export interface Answer {
  readonly refId: string;
  readonly isTable: boolean;
  readonly series: readonly AnsweredSeries[];
}

export interface AnsweredSeries {
  /** As the legend says it. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly times: readonly number[];
  readonly values: readonly number[];
}
