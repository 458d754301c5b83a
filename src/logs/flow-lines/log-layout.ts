import { type FieldName, fieldNames } from '../../flow/index.ts';

/** Values of a line that are no fields of the record, but follow from some. */
export const derivedFields = {
  verdict: 'action of the policies, the stricter of two: Allow, Drop, Reject',
  observedBy: 'node that reported the flow: source, destination, both',
  sourceWorkload: 'workload of the source Pod, by the cluster, else by its name',
  destinationWorkload: 'workload of the destination Pod, by the cluster, else by its name',
  communityId: 'Community ID 1 of the connection, by which other tools know it',
} as const;

export type DerivedField = keyof typeof derivedFields;
export type LogField = FieldName | DerivedField;

export const logFieldNames: readonly LogField[] = [
  ...fieldNames,
  ...(Object.keys(derivedFields) as DerivedField[]),
];

/** Fields that may be labels of a stream: few values, whatever happens in the cluster. */
export const labelFields = {
  flowType: 'location of the two ends: 4 values',
  verdict: derivedFields.verdict,
  namespace: "namespace of the source Pod, else of the destination Pod; the first so many, then 'other'",
  node: "node of the source, else of the destination; the first so many, then 'other'",
  protocol: 'protocol over IP',
  cluster: 'cluster of the record (clusterId)',
} as const;

export type LabelField = keyof typeof labelFields;
export const labelFieldNames = Object.keys(labelFields) as LabelField[];
/** More labels would make too many streams. */
export const MOST_LABELS = 4;

/**
 * The core of a line: these fields in this order, separated by a space; "-" without a value. `duration` is
 * from flowStart to flowEnd; the time of the entry is flowEnd. Further fields follow as key=value.
 */
export const coreFields = [
  'sourceIP',
  'sourceTransportPort',
  'destinationIP',
  'destinationTransportPort',
  'protocol',
  'flowEndReason',
  'duration',
  'octetDeltaCount',
  'packetDeltaCount',
  'reverseOctetDeltaCount',
  'reversePacketDeltaCount',
] as const;

/** Names in lines that are no field of a record, and the label of streams for late lines. */
export const lineFieldNames = ['protocol', 'duration', 'weight', 'replayed'] as const;

/**
 * LogQL's pattern that extracts these fields from the core of a line; undefined when none of them is in it.
 */
export function corePattern(fields: readonly string[]): string | undefined {
  const last = coreFields.findLastIndex((field) => fields.includes(field));
  if (last < 0) return undefined;
  const captures = coreFields
    .slice(0, last + 1)
    .map((field) => (fields.includes(field) ? `<${field}>` : '<_>'));
  return `${captures.join(' ')} <_>`;
}

/** Fields in the core and in the entry's time. */
const said: ReadonlySet<FieldName> = new Set<FieldName>([
  'sourceIP',
  'sourceTransportPort',
  'destinationIP',
  'destinationTransportPort',
  'protocolIdentifier',
  'flowEndReason',
  'flowStartMilliseconds',
  'flowEndMilliseconds',
  'octetDeltaCount',
  'packetDeltaCount',
  'reverseOctetDeltaCount',
  'reversePacketDeltaCount',
]);

/** Fields of the core cannot be left out. */
export const omittableFieldNames: readonly FieldName[] = fieldNames.filter((name) => !said.has(name));

export interface LogLayoutOptions {
  readonly labels?: readonly LabelField[];
  readonly metadata?: readonly LogField[];
  /** Fields that are not logged. */
  readonly omit?: readonly FieldName[];
}

/** Chosen by measurement: docs/decisions/0008. */
export const defaultLogLayout: Required<LogLayoutOptions> = {
  labels: ['flowType', 'verdict', 'namespace', 'cluster'],
  metadata: [
    'sourcePodNamespace',
    'sourcePodName',
    'sourceNodeName',
    'destinationPodNamespace',
    'destinationPodName',
    'destinationNodeName',
    'destinationServicePortName',
    'destinationServiceIP',
    'destinationServicePort',
    'ingressNetworkPolicyNamespace',
    'ingressNetworkPolicyName',
    'ingressNetworkPolicyType',
    'ingressNetworkPolicyRuleName',
    'ingressNetworkPolicyRuleAction',
    'egressNetworkPolicyNamespace',
    'egressNetworkPolicyName',
    'egressNetworkPolicyType',
    'egressNetworkPolicyRuleName',
    'egressNetworkPolicyRuleAction',
    'clusterId',
    'tcpState',
    'observedBy',
  ],
  omit: [
    'flowId',
    'throughput',
    'reverseThroughput',
    'throughputFromSourceNode',
    'throughputFromDestinationNode',
    'reverseThroughputFromSourceNode',
    'reverseThroughputFromDestinationNode',
  ],
};

/** Where each field of a record goes. */
export class LogLayout {
  readonly labels: readonly LabelField[];
  readonly metadata: readonly LogField[];
  /** Fields that follow the core as key=value, when they have a value. */
  readonly tail: readonly LogField[];
  readonly #omitted: ReadonlySet<FieldName>;

  constructor(options: LogLayoutOptions = {}) {
    const { labels, metadata, omit } = { ...defaultLogLayout, ...options };
    this.labels = labels;
    this.metadata = metadata;
    this.#omitted = new Set(omit.filter((name) => !said.has(name)));
    const elsewhere = new Set<LogField>([...said, ...metadata, ...omit, ...labels.filter(isWhole)]);
    const fields = fieldNames.filter((name) => !elsewhere.has(name));
    // without it a reader could not know which node's counters are those of the flow
    const needsObserver =
      fields.some((name) => commonOf(name) !== undefined) && !metadata.includes('observedBy');
    this.tail = needsObserver ? [...fields, 'observedBy'] : fields;
  }

  /** The field that has the value of `name` when a line leaves `name` out. */
  expectationOf(name: LogField): FieldName | undefined {
    const expectation = isStored(name) ? expectationOf(name) : undefined;
    return expectation === undefined || this.#omitted.has(expectation) ? undefined : expectation;
  }
}

/** A label that has all of its field's information. */
const isWhole = (label: LabelField): label is LabelField & FieldName => label === 'flowType';

/** The flow's field behind a field of one node, such as octetTotalCount; undefined for others. */
export function commonOf(name: LogField): FieldName | undefined {
  const common = /^(.+)From(?:Source|Destination)Node$/.exec(name)?.[1];
  if (common === undefined) return undefined;
  return common === 'flowEndSeconds' ? 'flowEndMilliseconds' : (common as FieldName);
}

const expectationOf = (name: FieldName): FieldName | undefined =>
  /^(reverse)?(Octet|octet|Packet|packet)TotalCount$/.test(name)
    ? (name.replace('Total', 'Delta') as FieldName)
    : commonOf(name);

export const isStored = (name: LogField): name is FieldName => !(name in derivedFields);
