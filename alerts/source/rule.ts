/** What a rule file consists of, as Prometheus, Loki and vmalert read it. */

export interface Group {
  readonly name: string;
  /** For vmalert: its expressions are LogsQL. The two below are vmalert's too. */
  readonly type?: 'vlogs';
  /** As Prometheus writes durations. */
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
  /** What the alert is about; Alertmanager's inhibitions go by it. */
  readonly subject: 'saturation' | 'quiet' | 'denied' | 'external' | 'loss' | 'zone' | 'pipeline';
  readonly expr: string;
  /** How long it must hold before anybody is told. */
  readonly for?: string;
  /** How long it goes on after it has ceased to hold, so that one sample does not end it. */
  readonly keepFiringFor?: string;
  /** The same for every instance of the alert. */
  readonly summary: string;
  /** With labels, numbers and units. */
  readonly description: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An alert; where its runbook stands is added when the file is rendered. */
export function alert(name: string, text: AlertText): Alert {
  return {
    alert: name,
    expr: text.expr,
    ...(text.for === undefined ? {} : { for: text.for }),
    ...(text.keepFiringFor === undefined ? {} : { keep_firing_for: text.keepFiringFor }),
    labels: { severity: text.severity, subject: text.subject, ...text.labels },
    annotations: { summary: text.summary, description: text.description },
  };
}

export const record = (name: string, expr: string): Recording => ({ record: name, expr });
