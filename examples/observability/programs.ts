import { isBuilt, serverProgram } from '../../test/support/built-servers.ts';
import { isInstalled, whyUnmet } from '../../test/support/needs.ts';
import type { LogStore } from './log-store.ts';

/** The servers that the example starts, as commands. */
export interface ServerPrograms {
  prometheus: string;
  alertmanager: string;
  logStore: string;
  /** Undefined where the server itself evaluates rules over lines. */
  ruler: string | undefined;
}

/**
 * Those of the PATH, else what `npm test` has built or installed.
 * @throws {Error} when something is not there, saying what to install, each on a line
 */
export function findPrograms(store: LogStore): ServerPrograms {
  const prometheus = isInstalled('prometheus') ? 'prometheus' : builtPrometheus();
  const alertmanager = ['alertmanager', 'prometheus-alertmanager'].find(isInstalled);
  const logStore = store.find();
  const ruler = store.ruler?.find();
  const missing = (['ip', 'nft', 'ethtool', 'namespaces'] as const)
    .map(whyUnmet)
    .filter((reason) => reason !== undefined)
    .map((reason) => (reason.endsWith('need root') ? `${reason}: run it with sudo` : reason));
  if (prometheus === undefined) {
    missing.push(
      'prometheus is not in the PATH: unpack https://prometheus.io/download/#prometheus there; or let "npm test" build it, with Go',
    );
  }
  if (alertmanager === undefined) {
    missing.push(
      'alertmanager is not in the PATH: unpack https://prometheus.io/download/#alertmanager there, or install the Debian package prometheus-alertmanager',
    );
  }
  if (logStore === undefined) missing.push(store.remedy);
  if (store.ruler && ruler === undefined) missing.push(store.ruler.remedy);
  if (!(prometheus && alertmanager && logStore) || missing.length > 0) {
    throw new Error(`The example needs more than is here:\n${missing.map((what) => `  ${what}`).join('\n')}`);
  }
  return { prometheus, alertmanager, logStore, ruler };
}

function builtPrometheus(): string | undefined {
  return isBuilt('prometheus') ? serverProgram('prometheus') : undefined;
}
