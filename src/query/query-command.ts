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
  const words = options.flatMap(([name, value]) => (value === undefined ? [] : [name, shellWord(value)]));
  return `weir query ${words.join(' ')}`;
}

/** A text as one word of a POSIX shell. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
