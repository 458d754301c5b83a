/** All rule files by name, each after those that it uses. */
import { denied } from './denied.ts';
import { excuses } from './excuses.ts';
import { logAbsence } from './log-absent.ts';
import { logDenied } from './log-denied.ts';
import { logExternal } from './log-external.ts';
import { forLoki, forVmalert, type LogGroup } from './log-rule.ts';
import { loss } from './loss.ts';
import { pipeline } from './pipeline.ts';
import { quiet, seasons } from './quiet.ts';
import { rates } from './rates.ts';
import type { Alert, Group, Recording } from './rule.ts';
import { saturation } from './saturation.ts';
import { thresholdGroups, values } from './thresholds.ts';
import { zone } from './zone.ts';

const withRunbook = (rule: Recording | Alert): Recording | Alert =>
  'alert' in rule
    ? { ...rule, annotations: { ...rule.annotations, runbook_url: `${values.runbooks}${rule.alert}.md` } }
    : rule;

const withRunbooks = (groups: Group[]): Group[] =>
  groups.map((group) => ({ ...group, rules: group.rules.map(withRunbook) }));

export const ruleFiles: Readonly<Record<string, readonly Group[]>> = {
  thresholds: thresholdGroups(),
  rates: [rates],
  pipeline: withRunbooks(pipeline),
  saturation: withRunbooks(saturation),
  denied: withRunbooks(denied),
  loss: withRunbooks(loss),
  zone: withRunbooks(zone),
  quiet: withRunbooks([excuses, ...seasons, ...quiet]),
};

/** They use no other rule files. */
const logRuleFiles = { denied: logDenied, external: logExternal, absent: logAbsence };

const logFilesFor = (server: (groups: readonly LogGroup[]) => Group[]): Record<string, Group[]> =>
  Object.fromEntries(
    Object.entries(logRuleFiles).map(([name, groups]) => [name, withRunbooks(server(groups))]),
  );

export const lokiRuleFiles: Readonly<Record<string, readonly Group[]>> = logFilesFor(forLoki);
export const victoriaLogsRuleFiles: Readonly<Record<string, readonly Group[]>> = logFilesFor(forVmalert);
