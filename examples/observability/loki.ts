import { HttpApi } from '../../test/support/http-api.ts';
import { givenProgram } from '../../test/support/needs.ts';
import type { LogStore, Sender } from './log-store.ts';

export const loki: LogStore = {
  title: 'Loki',
  port: 3100, // as in loki.yaml
  aggregatorFile: 'aggregator-loki.yaml',
  find: () => givenProgram('loki'),
  remedy:
    'loki is not in the PATH: unpack https://github.com/grafana/loki/releases there, or say WEIR_TEST_LOKI=/path/to/loki',
  options: (directory) => [
    `-config.file=${directory.file('loki.yaml')}`,
    `-common.path-prefix=${directory.file('loki')}`,
    `-ruler.storage.local.directory=${directory.file('loki-rules')}`,
  ],
  ready: /msg="Loki started"/,
  lastFlows: `/loki/api/v1/query_range?${new URLSearchParams({ query: '{service_name="weir-flows"}', limit: '20' })}`,

  async biggestSender(url, seconds) {
    const { data } = await new HttpApi(url).getJson<{
      data: { result: { metric: Omit<Sender, 'octets'>; value: [number, string] }[] };
    }>('/loki/api/v1/query', { query: mostOctets(seconds) });
    const [most] = data.result;
    return most && { ...most.metric, octets: Number(most.value[1]) };
  },
};

const mostOctets = (seconds: number): string => `
  topk(1, sum by (sourceIP, destinationIP, destinationTransportPort, protocol) (
    sum_over_time(
      {service_name="weir-flows"}
        | pattern "<sourceIP> <_> <destinationIP> <destinationTransportPort> <protocol> <_> <_> <octetDeltaCount> <_>"
        | unwrap octetDeltaCount [${seconds}s]
    )
  ))`;
