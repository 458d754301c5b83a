import { parse } from 'yaml';

/** A rule as it stands in a rule file. */
export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface AlertRule extends Rule {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export function rulesIn(text: string): Rule[] {
  return parse(text).groups.flatMap(({ rules }: { rules: Rule[] }) => rules);
}

export const alertsIn = (rules: readonly Rule[]): AlertRule[] =>
  rules.filter((rule): rule is AlertRule => rule.alert !== undefined);
