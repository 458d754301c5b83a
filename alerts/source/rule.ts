/** The content of a rule file for Prometheus, Loki and vmalert. */

export interface Group {
  readonly name: string;
  /** For vmalert: its expressions are LogsQL. The two below are vmalert's too. */
  readonly type?: 'vlogs';
  /** In Prometheus's notation of durations. */
  readonly interval: string;
  /** How long before now the ranges end. */
  readonly eval_delay?: string;
  /** Whether the ranges end at a multiple of the interval. */
  readonly eval_alignment?: boolean;
  readonly rules: readonly (Recording | Alert)[];
}

export interface Recording {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export type Severity = 'critical' | 'warning' | 'info';

export interface AlertText {
  readonly severity: Severity;
  /** The topic of the alert; Alertmanager's inhibitions use it. */
  readonly subject: 'saturation' | 'quiet' | 'denied' | 'external' | 'loss' | 'zone' | 'pipeline';
  readonly expr: string;
  /** How long the expression must hold before the alert fires. */
  readonly for?: string;
  /** How long the alert lasts after the expression ceases to hold, so that one sample does not end it. */
  readonly keepFiringFor?: string;
  /** The same for every instance of the alert. */
  readonly summary: string;
  /** With labels, numbers and units. */
  readonly description: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An alert; rendering adds the address of its runbook. */
export function makeAlert(name: string, text: AlertText): Alert {
  return {
    alert: name,
    expr: text.expr,
    ...(text.for === undefined ? {} : { for: text.for }),
    ...(text.keepFiringFor === undefined ? {} : { keep_firing_for: text.keepFiringFor }),
    labels: { severity: text.severity, subject: text.subject, ...text.labels },
    annotations: { summary: text.summary, description: text.description },
  };
}

export const makeRecording = (name: string, expr: string): Recording => ({ record: name, expr });
