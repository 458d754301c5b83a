import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where `weir up` keeps its history as root. */
export const ROOT_HISTORY = '/var/lib/weir/history';

/** For help texts. */
export const historyDefault = `${ROOT_HISTORY} as root, else weir/history in XDG_STATE_HOME; or WEIR_HISTORY in the environment`;

/** The directory of the history that this user keeps by default. */
export const historyDirectory = (): string => process.env.WEIR_HISTORY || join(stateFolder(), 'history');

/** Where `weir up` keeps what the console needs: its token and its saved views. */
export const consoleFolder = (): string => join(process.env.WEIR_STATE || stateFolder(), 'console');

/** Where this user's programs keep their state. */
function stateFolder(): string {
  if (process.getuid?.() === 0) return dirname(ROOT_HISTORY);
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'weir');
}
