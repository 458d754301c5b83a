import { printCondition } from '../flow/index.ts';
import type { FlowsWanted } from '../store/index.ts';
import type { Query } from './contract/index.ts';

/** The `weir` command that prints the same numbers. Its times are those of the answer, not a later "now". */
export function commandOf({ fromMs, toMs, where, by, measures, top, stepMs, compareMs }: Query): string {
  const options: [string, string | undefined][] = [
    ['--since', new Date(fromMs).toISOString()],
    ['--until', new Date(toMs).toISOString()],
    ['--by', by.length === 0 ? undefined : by.join()],
    ['--measure', measures.join()],
    ['--top', String(top)],
    ['--where', where === '' ? undefined : where],
    ['--step', stepMs === undefined ? undefined : `${stepMs}ms`],
    ['--compare', compareMs === undefined ? undefined : `${compareMs}ms`],
  ];
  return withOptions('weir query', options);
}

/** The `weir` command that shows the same records. */
export function commandOfRecords({ condition, sinceMs, last }: FlowsWanted): string {
  return withOptions('weir flows', [
    ['--since', sinceMs === undefined ? undefined : new Date(sinceMs).toISOString()],
    ['--last', last === undefined ? undefined : String(last)],
    ['--where', printCondition(condition) || undefined],
  ]);
}

function withOptions(command: string, options: readonly [string, string | undefined][]): string {
  const words = options.flatMap(([name, value]) => (value === undefined ? [] : [name, shellWord(value)]));
  return [command, ...words].join(' ');
}

/** A text as one word of a POSIX shell. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
