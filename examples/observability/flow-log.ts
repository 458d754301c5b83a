import { HttpApi } from '../../test/support/http-api.ts';

/** Who sent most within the last seconds, by the lines in Loki: what no series says, addresses and a port. */
export interface Sender {
  sourceIP: string;
  destinationIP: string;
  destinationTransportPort: string;
  protocol: string;
  octets: number;
}

export const mostOctets = (seconds: number): string =>
  `topk(1, sum by (sourceIP, destinationIP, destinationTransportPort, protocol) (sum_over_time({service_name="weir-flows"}
  | pattern "<sourceIP> <_> <destinationIP> <destinationTransportPort> <protocol> <_> <_> <octetDeltaCount> <_>"
  | unwrap octetDeltaCount [${seconds}s])))`;

/** @param loki its URL, without a slash at the end */
export async function biggestSender(loki: string, seconds: number): Promise<Sender | undefined> {
  const { data } = await new HttpApi(loki).getJson<{
    data: { result: { metric: Omit<Sender, 'octets'>; value: [number, string] }[] };
  }>('/loki/api/v1/query', { query: mostOctets(seconds) });
  const [most] = data.result;
  return most && { ...most.metric, octets: Number(most.value[1]) };
}
