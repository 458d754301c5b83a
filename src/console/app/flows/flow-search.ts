import type { TimeRange } from '../time/index.ts';
import { MOST_LINES } from './kept-lines.ts';

/** Which records are wanted: all state of the page that a server must know. */
export interface FlowSearch extends TimeRange {
  readonly where: string;
}

/** The records of a time. Without an end the server leaves out all but the newest. */
export function listPath({ from, to, where }: FlowSearch): string {
  const parameters = new URLSearchParams({ since: from });
  if (where !== '') parameters.set('where', where);
  if (to === 'now') parameters.set('last', String(MOST_LINES));
  return `../flows?${parameters}`;
}

/** Flows from now on, after some of those that went before. */
export function followPath({ where }: Pick<FlowSearch, 'where'>): string {
  const parameters = new URLSearchParams({ follow: 'true', last: '100' });
  if (where !== '') parameters.set('where', where);
  return `../flows?${parameters}`;
}

/** Where the same search is as LogQL. */
export const logqlPath = ({ where }: Pick<FlowSearch, 'where'>): string =>
  `../flows/logql?${new URLSearchParams({ where })}`;

/** A word of a POSIX shell. */
const shellWord = (text: string): string =>
  /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The `weir` command that prints the same records. */
export function searchCommand({ from, to, where }: FlowSearch, isFollowing: boolean): string {
  const words = ['weir', 'flows'];
  if (where !== '') words.push('--where', shellWord(where));
  if (isFollowing) words.push('--follow');
  else {
    words.push('--since', shellWord(from));
    if (to === 'now') words.push('--last', String(MOST_LINES));
  }
  return words.join(' ');
}
