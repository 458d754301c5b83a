import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where `weir up` keeps its history as root. */
export const ROOT_HISTORY = '/var/lib/weir/history';

/** For help texts. */
export const historyDefault = `${ROOT_HISTORY} as root, else weir/history in XDG_STATE_HOME; or WEIR_HISTORY in the environment`;

/** The directory of the history that this user keeps by default. */
export function historyDirectory(): string {
  const { WEIR_HISTORY: named, XDG_STATE_HOME: state } = process.env;
  if (named) return named;
  if (process.getuid?.() === 0) return ROOT_HISTORY;
  return join(state || join(homedir(), '.local/state'), 'weir/history');
}
