/** Alerts from the lines of flows, for each log server. Only the expression differs. */
import { type Alert, type AlertText, type Group, makeAlert } from './rule.ts';

export interface LogAlertText extends Omit<AlertText, 'expr'> {
  /** For Loki's ruler. */
  readonly logql: string;
  /** For vmalert over VictoriaLogs. */
  readonly logsql: string;
}

export interface LogAlert {
  readonly logql: Alert;
  readonly logsql: Alert;
}

export interface LogGroup extends Omit<Group, 'rules'> {
  readonly rules: readonly LogAlert[];
}

export const logAlert = (name: string, { logql, logsql, ...text }: LogAlertText): LogAlert => ({
  logql: makeAlert(name, { ...text, expr: logql }),
  logsql: makeAlert(name, { ...text, expr: logsql }),
});

export const forLoki = (groups: readonly LogGroup[]): Group[] =>
  groups.map(({ rules, ...group }) => ({ ...group, rules: rules.map(({ logql }) => logql) }));

/**
 * By default vmalert queries half a minute ago, rounded down to the interval, because samples of metrics
 * arrive late. VictoriaLogs shows a line after a second, and Loki's ruler queries the present.
 */
export const forVmalert = (groups: readonly LogGroup[]): Group[] =>
  groups.map(({ name, interval, rules }) => ({
    name,
    type: 'vlogs',
    interval,
    eval_delay: '0s',
    eval_alignment: false,
    rules: rules.map(({ logsql }) => logsql),
  }));
