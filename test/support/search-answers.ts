import {
  type FlowRecord,
  parseAddress,
  parseAddressRange,
  rangeContains,
  workloadLength,
} from '../../src/flow/index.ts';
import { cart, MINUTE_MS, NOW_MS } from './searched-flows.ts';

type Row = FlowRecord;
const since = (rows: readonly Row[], minutes: number, until = 0): Row[] =>
  rows.filter(
    ({ flowEndMilliseconds: end }) =>
      end! > NOW_MS - minutes * MINUTE_MS && end! <= NOW_MS - until * MINUTE_MS,
  );
export const inRange = (address: string | undefined, range: string): boolean =>
  address !== undefined && rangeContains(parseAddressRange(range)!, parseAddress(address)!);
const denies = (action: number | undefined): boolean => action === 2 || action === 3;
export const ids = (rows: readonly Row[]): number[] => rows.map(({ flowId }) => flowId!).toSorted();

/** One text for the same values of the same fields. A field without a value counts as absent. */
export function keyOf(fields: Readonly<Record<string, string | undefined>>): string {
  const named = Object.entries(fields).filter(([, text]) => text !== undefined && text !== '');
  return JSON.stringify(Object.fromEntries(named.sort()));
}

/** Sums by some fields: by `keyOf` their values. */
function sums(
  rows: readonly Row[],
  by: (row: Row) => Record<string, string | undefined>,
  value: (row: Row) => number = () => 1,
) {
  const found = new Map<string, number>();
  for (const row of rows) {
    const key = keyOf(by(row));
    found.set(key, (found.get(key) ?? 0) + value(row));
  }
  return found;
}

const observer = (row: Row): string | undefined => {
  const [source, destination] = [row.octetTotalCountFromSourceNode, row.octetTotalCountFromDestinationNode];
  if (source === undefined) return destination === undefined ? undefined : 'destination';
  return destination === undefined ? 'source' : 'both';
};
const verdict = (row: Row): string | undefined =>
  [undefined, 'Allow', 'Drop', 'Reject'][
    Math.max(row.ingressNetworkPolicyRuleAction ?? 0, row.egressNetworkPolicyRuleAction ?? 0)
  ];
const ends = (row: Row) => ({
  sourcePodNamespace: row.sourcePodNamespace,
  sourcePodName: row.sourcePodName,
  destinationPodNamespace: row.destinationPodNamespace,
  destinationPodName: row.destinationPodName,
});
const greatest = (found: Map<string, number>, count: number) =>
  new Map([...found].toSorted(([, one], [, other]) => other - one).slice(0, count));
const inCluster = (rows: readonly Row[]) => rows.filter(({ flowType }) => flowType === 1 || flowType === 2);
const pair = (row: Row) => ({
  sourcePodNamespace: row.sourcePodNamespace,
  destinationPodNamespace: row.destinationPodNamespace,
  destinationServicePortName: row.destinationServicePortName,
});
const ofCart = ({ destinationServicePortName }: Row) => destinationServicePortName === 'shop/cart:http';
const isOneConnection = ({ sourceTransportPort: from, destinationTransportPort: to }: Row) =>
  (from === 34_855 && to === 80) || (from === 80 && to === 34_855);

/** Numbers of records, or sums by the `keyOf` of their fields. */
export type Answer = number[] | Map<string, number>;

/** The answer to each question, computed from the records. */
export const answers: Record<string, (rows: readonly Row[]) => Answer> = {
  'With whom does a Pod talk?': (rows) =>
    sums(
      since(rows, 60).filter((row) =>
        [row.sourcePodName, row.destinationPodName].includes(cart.sourcePodName),
      ),
      ({ sourcePodName, sourceIP, destinationPodName, destinationIP }) => ({
        sourcePodName,
        sourceIP,
        destinationPodName,
        destinationIP,
      }),
    ),
  'What has a policy denied?': (rows) =>
    ids(
      rows.filter(
        (row) =>
          (row.ingressNetworkPolicyName === 'db-clients' && denies(row.ingressNetworkPolicyRuleAction)) ||
          (row.egressNetworkPolicyName === 'db-clients' && denies(row.egressNetworkPolicyRuleAction)),
      ),
    ),
  'Who talks to a range of addresses outside, and how much is sent there?': (rows) =>
    greatest(
      sums(
        since(rows, 60).filter((row) => row.flowType === 3 && inRange(row.destinationIP, '198.51.100.0/24')),
        ({ sourcePodNamespace, sourcePodName }) => ({ sourcePodNamespace, sourcePodName }),
        (row) => row.octetDeltaCount!,
      ),
      10,
    ),
  'Which flows are behind an alert?': (rows) =>
    ids(
      rows.filter(
        (row) =>
          row.sourcePodNamespace === 'shop' &&
          row.sourcePodName!.slice(0, workloadLength(row.sourcePodName!)) === 'cart' &&
          (denies(row.ingressNetworkPolicyRuleAction) || denies(row.egressNetworkPolicyRuleAction)),
      ),
    ),
  'Between which nodes do the flows of a Service run, and who has reported them?': (rows) =>
    sums(since(rows, 60).filter(ofCart), (row) => ({
      sourceNodeName: row.sourceNodeName,
      destinationNodeName: row.destinationNodeName,
      observedBy: observer(row),
    })),
  'Which connections have been there for long?': (rows) =>
    ids(rows.filter((row) => row.flowEndMilliseconds! - row.flowStartMilliseconds! > 2 * 60 * MINUTE_MS)),
  'Which flows carry much one way and little back?': (rows) =>
    ids(
      rows.filter(
        (row) =>
          row.octetDeltaCount! > 10_000_000 && row.reverseOctetDeltaCount! / row.octetDeltaCount! < 0.01,
      ),
    ),
  'What goes from one range of addresses to outside another?': (rows) =>
    ids(
      rows.filter(
        (row) =>
          inRange(row.sourceIP, '10.244.0.0/16') &&
          !inRange(row.destinationIP, '10.0.0.0/8') &&
          !inRange(row.destinationIP, 'fd00::/8'),
      ),
    ),
  'Which pairs of Pods have the most octets?': (rows) =>
    greatest(
      sums(since(rows, 60), ends, (row) => (row.octetDeltaCount ?? 0) + (row.reverseOctetDeltaCount ?? 0)),
      5,
    ),
  'At what rate does each workload send, in bits per second?': (rows) =>
    sums(
      since(rows, 15).filter((row) => row.sourcePodName !== undefined),
      ({ sourcePodNamespace, sourcePodName }) => ({
        sourcePodNamespace,
        workload: sourcePodName!.replace(/(-[a-z0-9]{6,10})?-[a-z0-9]{5}$/, ''),
      }),
      (row) => (8 * row.octetDeltaCount!) / (15 * 60),
    ),
  'Which namespace talks to which namespace or Service for the first time?': (rows) => {
    const before = sums(inCluster(since(rows, 25 * 60, 60)), pair);
    return new Map([...sums(inCluster(since(rows, 60)), pair)].filter(([key]) => !before.has(key)));
  },
  'What became of one connection, by its two ends?': (rows) => ids(rows.filter(isOneConnection)),
  'What became of one connection, by its community ID?': (rows) => ids(rows.filter(isOneConnection)),
  'What has a deployment changed?': (rows) => {
    const by = (row: Row) => ({ sourcePodNamespace: row.sourcePodNamespace, verdict: verdict(row) });
    const before = sums(since(rows, 60, 30).filter(ofCart), by);
    const after = sums(since(rows, 30).filter(ofCart), by);
    return new Map(
      [...after].filter(([key]) => before.has(key)).map(([key, count]) => [key, count / before.get(key)!]),
    );
  },
};
