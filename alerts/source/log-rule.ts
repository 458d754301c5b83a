/** Alerts from the lines of flows, for each server that keeps them. Only the expression differs. */
import { type Alert, type AlertText, alert, type Group } from './rule.ts';

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
  logql: alert(name, { ...text, expr: logql }),
  logsql: alert(name, { ...text, expr: logsql }),
});

export const forLoki = (groups: readonly LogGroup[]): Group[] =>
  groups.map(({ rules, ...group }) => ({ ...group, rules: rules.map(({ logql }) => logql) }));

/**
 * By itself vmalert asks for what was half a minute ago, rounded down to the interval, because samples of
 * metrics come late. VictoriaLogs shows a line after a second, and Loki's ruler asks for now.
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
