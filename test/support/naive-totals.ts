import {
  type DimensionName,
  type FieldName,
  type FlowRecord,
  fieldOf,
  type MeasureName,
  workloadLength,
} from '../../src/flow/index.ts';

/** A record, and when it was stored. */
export interface KeptRecord {
  readonly record: FlowRecord;
  readonly timeMs: number;
}

const nameOf = (field: FieldName, number: number | undefined): string | null =>
  number === undefined ? null : (fieldOf(field).enumeration!.names.get(number) ?? String(number));

const qualified = (namespace: string | undefined, name: string | undefined): string | null =>
  name === undefined ? null : `${namespace ?? ''}/${name}`;

/** Of an address as people write it; IPv6 is written out to find its first half. */
function prefixOf(address: string | undefined): string | null {
  if (address === undefined) return null;
  if (!address.includes(':')) return `${address.split('.').slice(0, 3).join('.')}.0/24`;
  const [head, tail] = address.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const groups =
    tail === undefined ? head! : [...head!, ...Array(8 - head!.length - tail.length).fill('0'), ...tail];
  const first = groups.slice(0, 4);
  const url = new URL(`http://[${first.join(':')}::]`).hostname; // it writes as RFC 5952 says
  return `${url.slice(1, -1)}/64`;
}

const ofAnEnd = (end: 'source' | 'destination') => {
  const pod = (record: FlowRecord) => qualified(record[`${end}PodNamespace`], record[`${end}PodName`]);
  return {
    [end]: (record: FlowRecord) => pod(record) ?? record[`${end}IP`] ?? null,
    [`${end}Workload`]: (record: FlowRecord) => {
      const podName = record[`${end}PodName`];
      const ofPod = podName?.slice(0, workloadLength(podName));
      const workload = qualified(record[`${end}PodNamespace`], record[`${end}WorkloadName`] ?? ofPod);
      return workload ?? record[`${end}NodeName`] ?? record[`${end}RangeName`] ?? null;
    },
    [`${end}Namespace`]: (record: FlowRecord) => record[`${end}PodNamespace`] ?? null,
    [`${end}Pod`]: pod,
    [`${end}Node`]: (record: FlowRecord) => record[`${end}NodeName`] ?? null,
    [`${end}Zone`]: (record: FlowRecord) => record[`${end}Zone`] ?? null,
    [`${end}Range`]: (record: FlowRecord) => record[`${end}RangeName`] ?? null,
    [`${end}Address`]: (record: FlowRecord) => record[`${end}IP`] ?? null,
    [`${end}Prefix`]: (record: FlowRecord) => prefixOf(record[`${end}IP`]),
    [`${end}Port`]: (record: FlowRecord) => record[`${end}TransportPort`]?.toString() ?? null,
  } as Record<DimensionName, (record: FlowRecord) => string | null>;
};

const policyOf = (record: FlowRecord, direction: 'ingress' | 'egress') => {
  const name = record[`${direction}NetworkPolicyName`];
  const namespace = record[`${direction}NetworkPolicyNamespace`];
  return name === undefined ? null : namespace === undefined ? name : `${namespace}/${name}`;
};

const actionsOf = (record: FlowRecord) =>
  [record.ingressNetworkPolicyRuleAction, record.egressNetworkPolicyRuleAction].filter(
    (action) => action !== undefined,
  );

/** The value of each dimension, from a record as people read it. */
export const naiveDimensions: Record<DimensionName, (record: FlowRecord) => string | null> = {
  ...ofAnEnd('source'),
  ...ofAnEnd('destination'),
  protocol: (record) => nameOf('protocolIdentifier', record.protocolIdentifier),
  service: (record) => record.destinationServicePortName ?? null,
  flowType: (record) => nameOf('flowType', record.flowType),
  ingressPolicy: (record) => policyOf(record, 'ingress'),
  ingressRule: (record) => record.ingressNetworkPolicyRuleName ?? null,
  ingressAction: (record) => nameOf('ingressNetworkPolicyRuleAction', record.ingressNetworkPolicyRuleAction),
  egressPolicy: (record) => policyOf(record, 'egress'),
  egressRule: (record) => record.egressNetworkPolicyRuleName ?? null,
  egressAction: (record) => nameOf('egressNetworkPolicyRuleAction', record.egressNetworkPolicyRuleAction),
  verdict: (record) => {
    const strictest = Math.min(3, Math.max(0, ...actionsOf(record)));
    return strictest === 0 ? null : ['Allow', 'Drop', 'Reject'][strictest - 1]!;
  },
  tcpState: (record) => record.tcpState ?? null,
  cluster: (record) => record.clusterId ?? null,
};

const countersOf = (record: FlowRecord, names: readonly FieldName[]): bigint =>
  names.reduce((sum, name) => {
    const count = record[name] as number | undefined;
    return count === undefined || count >= 2 ** 64 ? sum : sum + BigInt(count);
  }, 0n);

const known = (count: number | undefined) => (count !== undefined && count < 2 ** 64 ? count : undefined);

const isFirst = (record: FlowRecord): boolean => {
  const pairs = (['octet', 'packet', 'reverseOctet', 'reversePacket'] as const).map((counter) => [
    known(record[`${counter}TotalCount`]),
    known(record[`${counter}DeltaCount`]),
  ]);
  return pairs.every(([total, delta]) => total === delta) && pairs.some(([total]) => (total ?? 0) > 0);
};
const isDenied = (record: FlowRecord) => actionsOf(record).some((action) => action === 2 || action === 3);
const hasEnded = ({ flowEndReason }: FlowRecord) => flowEndReason === 1 || flowEndReason === 3;
const isReset = ({ tcpControlBits = 0, tcpState }: FlowRecord) =>
  (tcpControlBits & 4) === 4 || ((tcpControlBits & 1) === 0 && tcpState === 'CLOSE');

const countOf = (holds: boolean): bigint => (holds ? 1n : 0n);

/** What each measure is in a record. */
export const naiveMeasures: Record<MeasureName, (record: FlowRecord) => bigint> = {
  octets: (record) => countersOf(record, ['octetDeltaCount', 'reverseOctetDeltaCount']),
  sentOctets: (record) => countersOf(record, ['octetDeltaCount']),
  receivedOctets: (record) => countersOf(record, ['reverseOctetDeltaCount']),
  packets: (record) => countersOf(record, ['packetDeltaCount', 'reversePacketDeltaCount']),
  sentPackets: (record) => countersOf(record, ['packetDeltaCount']),
  receivedPackets: (record) => countersOf(record, ['reversePacketDeltaCount']),
  flows: (record) => countOf(isFirst(record)),
  deniedFlows: (record) => countOf(isFirst(record) && isDenied(record)),
  unansweredFlows: (record) =>
    countOf(
      hasEnded(record) &&
        !isDenied(record) &&
        (record.protocolIdentifier === 6 || record.protocolIdentifier === 17) &&
        record.reversePacketTotalCount === 0,
    ),
  resetFlows: (record) => countOf(hasEnded(record) && record.protocolIdentifier === 6 && isReset(record)),
  records: () => 1n,
};

/** The measures of some records together. */
export const naiveSums = (measures: readonly MeasureName[], records: readonly FlowRecord[]): bigint[] =>
  measures.map((name) => records.reduce((sum, record) => sum + naiveMeasures[name](record), 0n));
