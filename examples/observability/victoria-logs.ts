import { isBuilt, serverProgram } from '../../test/support/built-servers.ts';
import { HttpApi } from '../../test/support/http-api.ts';
import { isInstalled } from '../../test/support/needs.ts';
import type { LogStore, Sender, StoreProgram } from './log-store.ts';

const port = 9428;

const vmalert: StoreProgram = {
  find: () => programOf('vmalert'),
  remedy:
    'vmalert is not in the PATH: unpack vmutils of https://github.com/VictoriaMetrics/VictoriaMetrics/releases there; or let "npm test" build it, with Go',
  options: (directory) => [
    `-rule=${directory.file('victorialogs-rules/*.yaml')}`,
    `-datasource.url=http://127.0.0.1:${port}`,
    '-notifier.url=http://127.0.0.1:9093',
    '-httpListenAddr=127.0.0.1:8880',
  ],
  ready: /started server at/,
};

export const victoriaLogs: LogStore = {
  title: 'VictoriaLogs',
  port,
  aggregatorFile: 'aggregator.yaml',
  find: () => programOf('victoria-logs'),
  remedy:
    'victoria-logs is not in the PATH: unpack https://github.com/VictoriaMetrics/VictoriaLogs/releases there; or let "npm test" build it, with Go',
  options: (directory) => [
    `-storageDataPath=${directory.file('victoria-logs')}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-retentionPeriod=8d', // as retention in aggregator.yaml; WeirPolicyFirstDenial looks back over a week
  ],
  ready: /started server at/,
  ruler: vmalert,
  lastFlows: `/select/vmui/#/?${new URLSearchParams({ query: '{service_name="weir-flows"}' })}`,

  async biggestSender(url, seconds) {
    const answer = await new HttpApi(url).get('/select/logsql/query', { query: mostOctets(seconds) });
    if (answer === '') return undefined;
    const most = JSON.parse(answer) as Record<keyof Sender, string>;
    return { ...most, octets: Number(most.octets) };
  },
};

/** Releases have programs whose names end in -prod. */
function programOf(name: 'victoria-logs' | 'vmalert'): string | undefined {
  return [name, `${name}-prod`].find(isInstalled) ?? (isBuilt(name) ? serverProgram(name) : undefined);
}

const mostOctets = (seconds: number): string => `
  _time:${seconds}s {service_name="weir-flows"}
    | extract "<sourceIP> <_> <destinationIP> <destinationTransportPort> <protocol> <_> <_> <octetDeltaCount> <_>"
    | stats by (sourceIP, destinationIP, destinationTransportPort, protocol) sum(octetDeltaCount) as octets
    | sort by (octets desc) limit 1`;
