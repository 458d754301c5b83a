import { mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { atPace } from '../../alerts/source/pace.ts';
import { renderedAlerts } from '../../scripts/alerts.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

/**
 * Writes the shipped rules into files of the test, `pace` times faster. As on a trial without weeks of
 * history, the last six hours count as usual (quiet_weeks is 0).
 */
export function writeFasterRules(directory: TemporaryDirectory, pace: number): string[] {
  const folder = directory.file('rules');
  mkdirSync(folder);
  return Object.entries(renderedAlerts(pace))
    .filter(([path]) => path === basename(path)) // the others are the same as Kubernetes objects
    .map(([path, text]) => {
      const file = `${folder}/${path}`;
      writeFileSync(
        file,
        text.replace(/(weir:threshold:quiet_weeks:count\n\s+expr:) vector\(2\)/, '$1 vector(0)'),
      );
      return file;
    });
}

/** A query at the same pace: every duration in it divided. */
export function fasterQuery(promql: string, pace: number): string {
  const group = { name: 'query', interval: '1m', rules: [{ record: 'query', expr: promql }] };
  return atPace(group, pace).rules[0]!.expr;
}
