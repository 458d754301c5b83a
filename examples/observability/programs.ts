import { isBuilt, serverProgram } from '../../test/support/built-servers.ts';
import { isInstalled, whyUnmet } from '../../test/support/needs.ts';

/** The servers that the example starts, as commands. */
export interface ServerPrograms {
  prometheus: string;
  alertmanager: string;
  loki: string;
}

/**
 * Those of the PATH, else what `npm test` has built or installed.
 * @throws {Error} when something is not there, saying what to install, each on a line
 */
export function findPrograms(): ServerPrograms {
  const [prometheus, loki] = (['prometheus', 'loki'] as const).map((name) => {
    if (isInstalled(name)) return name;
    return isBuilt(name) ? serverProgram(name) : undefined;
  });
  const alertmanager = ['alertmanager', 'prometheus-alertmanager'].find(isInstalled);
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
  if (loki === undefined) {
    missing.push(
      'loki is not in the PATH: unpack https://github.com/grafana/loki/releases there; or let "npm test" build it, with Go',
    );
  }
  if (!(prometheus && alertmanager && loki) || missing.length > 0) {
    throw new Error(`The example needs more than is here:\n${missing.map((what) => `  ${what}`).join('\n')}`);
  }
  return { prometheus, alertmanager, loki };
}
