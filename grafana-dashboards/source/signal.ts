/** Everything that can be shown, declared once: dashboards only give place and size. `panels.ts` draws it. */
export interface Signal {
  readonly title: string;
  /** What it shows and how it is counted; the panel's "i". */
  readonly description: string;
  readonly unit: Unit;
  readonly lines: readonly Line[];
  /** The grouping that must be on for it, if it is off by default. */
  readonly needs?: string;
}

/** One query, drawn as a line for each series that it returns. */
export interface Line {
  readonly promql: string;
  /** Grafana's legend template. */
  readonly legend: string;
  /** Queried once, at the end of the range. */
  readonly isInstant?: boolean;
}

/** The legend of the line for all others but the biggest. */
export const others = 'all others';

/** Prefix of the legends of lines that other lines are compared with. */
export const threshold = 'threshold';

/** Many values of the same objects side by side; the first column ranks. All are queried once. */
export interface Listing {
  readonly title: string;
  readonly description: string;
  readonly needs?: string;
  /** Label -> heading. */
  readonly labels: Readonly<Partial<Record<string, string>>>;
  readonly columns: readonly Column[];
  /** The lowest first. */
  readonly isRising?: boolean;
  /** Rows differ in their labels, so no link can lead on from all of them. */
  readonly isMixed?: boolean;
}

export interface Column {
  readonly heading: string;
  readonly unit: Unit;
  readonly promql: string;
  /** Drawn as a bar in the cell. */
  readonly isBar?: boolean;
}

/**
 * Grafana's unit ids. Rates of traffic are in bits, amounts in octets, both in powers of ten, as links are
 * sold.
 */
export const units = {
  bitsPerSecond: 'bps',
  bytes: 'decbytes',
  bytesPerSecond: 'Bps',
  memory: 'bytes',
  packetsPerSecond: 'pps',
  flowsPerSecond: 'suffix: flows/s',
  recordsPerSecond: 'suffix: records/s',
  perSecond: 'suffix:/s',
  count: 'short',
  ratio: 'percentunit',
  seconds: 's',
  /** A boolean; a mapping gives its words. */
  state: 'none',
} as const;

export type Unit = (typeof units)[keyof typeof units] | (string & {});

/** Pairs as a picture: the ends, and the traffic between them. */
export interface Graph {
  readonly title: string;
  readonly description: string;
  readonly needs?: string;
  /** Instant, with the labels `id`, `source` and `target`; the value is octets. */
  readonly promql: string;
}
