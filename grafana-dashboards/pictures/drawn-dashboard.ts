import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';

/** What the browser gets: a dashboard with the answers to its queries. */
export interface DrawnDashboard {
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** The variables at the top, with their chosen values. */
  readonly variables: readonly (readonly [label: string, value: string])[];
  readonly blocks: readonly DrawnBlock[];
}

/** A row's heading or a panel, with its place on the grid. */
export interface DrawnBlock {
  readonly panel: Panel;
  readonly y: number;
  readonly answers: readonly Answer[];
  /** In a folded row: the number of its panels. */
  readonly folded?: number;
}

/** The series that one query returned. */
export interface Answer {
  readonly refId: string;
  readonly isTable: boolean;
  readonly series: readonly AnsweredSeries[];
}

export interface AnsweredSeries {
  /** As in the legend. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly times: readonly number[];
  readonly values: readonly number[];
}
