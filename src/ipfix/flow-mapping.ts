/**
 * Flow records as IPFIX templates: the elements that Weir sends, and their order. A template leaves out each
 * group of fields in which a row has no value. The table of fields has the rest (number and type of the
 * element, column). The codec reads and writes by that table.
 */
import { type Columns, elementsOf, type FieldName, type FlowBatch, fieldNames } from '../flow/index.ts';
import {
  defaultContents,
  elementsWith,
  isBlankWith,
  isUid,
  type RecordContents,
  uidOctets,
} from './record-contents.ts';
import {
  ColumnWriter,
  createTemplate,
  elementNamed,
  flowFieldsOf,
  type InformationElement,
  type Template,
} from './wire/index.ts';

/**
 * Records of Weir's processes. An agent sends its node's view, an aggregator both nodes' views joined. In
 * Proxy mode it sends each node's view, and who exported it.
 */
export type RecordKind = 'agent' | 'aggregated' | 'proxied';

const common = [
  'flowStartSeconds',
  'flowEndSeconds',
  'flowEndReason',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'packetTotalCount',
  'octetTotalCount',
  'packetDeltaCount',
  'octetDeltaCount',
  'sourceIPv4Address',
  'destinationIPv4Address',
  'reversePacketTotalCount',
  'reverseOctetTotalCount',
  'reversePacketDeltaCount',
  'reverseOctetDeltaCount',
  'sourcePodName',
  'sourcePodNamespace',
  'sourceNodeName',
  'destinationPodName',
  'destinationPodNamespace',
  'destinationNodeName',
  'destinationServicePort',
  'destinationServicePortName',
  'ingressNetworkPolicyName',
  'ingressNetworkPolicyNamespace',
  'ingressNetworkPolicyType',
  'ingressNetworkPolicyRuleName',
  'ingressNetworkPolicyRuleAction',
  'egressNetworkPolicyName',
  'egressNetworkPolicyNamespace',
  'egressNetworkPolicyType',
  'egressNetworkPolicyRuleName',
  'egressNetworkPolicyRuleAction',
  'tcpState',
  'flowType',
  'egressName',
  'egressIP',
  'egressNodeName',
  'proxySnatPort',
] as const;

const perNode = ['octetDelta', 'octetTotal', 'packetDelta', 'packetTotal'].map((name) => `${name}Count`);
const reversedName = (name: string) => `reverse${name.charAt(0).toUpperCase()}${name.slice(1)}`;
const fromBothNodes = (name: string) => [`${name}FromSourceNode`, `${name}FromDestinationNode`];

/**
 * Elements beyond Antrea's: times with milliseconds, the connection's number, ICMP type and code, and fields
 * that only a packet shows. (Firewall logs show packets, connection tracking does not.) Two tell who opened
 * the connection, and whether its counters are partial. An unknown direction is sent as 0, which RFC 5103
 * calls arbitrary.
 * An agent adds which ends of the flow its node has. Collectors may take any number for `observationPointId`.
 */
const additions = [
  'flowStartMilliseconds',
  'flowEndMilliseconds',
  'flowId',
  'icmpTypeCodeIPv4',
  'ipClassOfService',
  'tcpControlBits',
  'vlanId',
  'ingressInterface',
  'egressInterface',
  'biflowDirection',
  'selectorName',
];

/**
 * Element names of an IPv4 record in the order on the wire; an IPv6 record has the IPv6 elements in their
 * places. Antrea's own lists come first, in its order, so that readers by position can read these records
 * too. `destinationClusterIPv4` is the older name of `destinationServiceIPv4`.
 */
export const recordElements: Readonly<Record<RecordKind, readonly string[]>> = {
  agent: [
    ...common,
    'destinationClusterIPv4',
    'proxySnatIPv4',
    'destinationServiceIPv4',
    ...additions,
    'observationPointId',
  ],
  aggregated: [
    ...common,
    'proxySnatIPv4',
    'destinationClusterIPv4',
    'destinationServiceIPv4',
    ...perNode.flatMap(fromBothNodes),
    ...perNode.map(reversedName).flatMap(fromBothNodes),
    ...fromBothNodes('flowEndSeconds'),
    'throughput',
    ...fromBothNodes('throughput'),
    'reverseThroughput',
    ...fromBothNodes('reverseThroughput'),
    'sourcePodLabels',
    'destinationPodLabels',
    'clusterId',
    ...additions,
  ],
  proxied: [
    ...common,
    'proxySnatIPv4',
    'destinationClusterIPv4',
    'destinationServiceIPv4',
    'sourcePodLabels',
    'destinationPodLabels',
    'clusterId',
    'originalObservationDomainId',
    'originalExporterIPv4Address',
    'originalExporterIPv6Address',
    'flowDirection',
    ...additions,
    'observationPointId',
  ],
};

/** The counters and the rate of one direction, as one node observed them or for the whole flow (''). */
const countersOf = (observer: '' | 'FromSourceNode' | 'FromDestinationNode', isReverse: boolean) =>
  fieldNames.filter(
    (name) =>
      name.endsWith(observer) &&
      /(DeltaCount|TotalCount|hroughput)$/.test(name.slice(0, name.length - observer.length)) &&
      name.startsWith('reverse') === isReverse,
  );

/**
 * Fields that a row has together or not at all. When a row has no value in a group, its template lacks the
 * group, because on the wire "not counted" could only be zero. Within a present group, a single missing value
 * is sent as zero.
 */
const groups: readonly (readonly FieldName[])[] = [
  countersOf('', false),
  countersOf('', true),
  ['flowId'],
  ['ipClassOfService', 'tcpControlBits', 'vlanId', 'ingressInterface', 'egressInterface'],
  [...countersOf('FromSourceNode', false), 'flowEndSecondsFromSourceNode'],
  countersOf('FromSourceNode', true),
  [...countersOf('FromDestinationNode', false), 'flowEndSecondsFromDestinationNode'],
  countersOf('FromDestinationNode', true),
  ['flowStartMilliseconds'],
  ['observationPointId'],
  ['partialCounters'],
];

/** A template that Weir sends, with the writer of its records. */
export interface FlowTemplate {
  readonly template: Template;
  readonly writer: ColumnWriter;
}

/** What all processes have made so far, by what they send. Code that many exporters share stays fast. */
const made = new Map<string, FlowTemplate>();

/**
 * The templates of one kind of record: one for each family and each set of missing groups, made when the
 * first such row arrives. Their ids are constant: 256 is an IPv4 record with everything, 257 an IPv6 one.
 * Each missing group has its own bit above that.
 */
export class FlowTemplates {
  readonly #elements: readonly string[];
  readonly #contents: RecordContents;
  /** The same as text. */
  readonly #content: string;
  readonly #byId = new Map<number, FlowTemplate>();
  /** The groups of this kind of record, each with its bit of a template's id. */
  readonly #groups: readonly { readonly bit: number; readonly names: readonly FieldName[] }[];

  constructor(kind: RecordKind, contents: RecordContents = defaultContents) {
    this.#contents = contents;
    this.#content = `${kind} ${contents.names} ${contents.uids} ${contents.podLabels}`;
    this.#elements = elementsWith(contents, recordElements[kind]);
    const sent = new Set(this.#elements.map(fieldBehind));
    this.#groups = groups
      .map((names, index) => ({ bit: 2 << index, names: names.filter((name) => sent.has(name)) }))
      .filter(({ names }) => names.length > 0);
    this.#define(firstId);
    this.#define(firstId + 1);
  }

  /** All templates made so far. */
  get defined(): Iterable<FlowTemplate> {
    return this.#byId.values();
  }

  /** Writes the template id of each row of a batch. */
  chooseIds(batch: FlowBatch, ids: Uint16Array): void {
    for (let row = 0; row < batch.length; row++) ids[row] = firstId + (batch.family(row) === 6 ? 1 : 0);
    for (const { bit, names } of this.#groups) {
      const columns = names.filter((name) => batch.has(name)).map((name) => batch.columns[name]);
      for (let row = 0; row < batch.length; row++) if (!isPresent(columns, row)) ids[row]! += bit;
    }
  }

  /** The template of an id from `chooseIds`. */
  get(id: number): FlowTemplate {
    return this.#byId.get(id) ?? this.#define(id);
  }

  #define(id: number): FlowTemplate {
    const key = `${id} ${this.#content}`;
    const defined = made.get(key) ?? this.#make(id);
    made.set(key, defined);
    this.#byId.set(id, defined);
    return defined;
  }

  #make(id: number): FlowTemplate {
    const missing = new Set<FieldName | undefined>(
      this.#groups.filter(({ bit }) => (id - firstId) & bit).flatMap(({ names }) => names),
    );
    const family = (id - firstId) & 1 ? 6 : 4;
    const fields = this.#elements
      .filter((name) => !missing.has(fieldBehind(name)))
      .map((name) => templateFieldOf(name, family));
    const template = createTemplate(id, fields);
    return { template, writer: new ColumnWriter(template, isBlankWith(this.#contents)) };
  }
}

/** Template ids start here; lower ones identify sets (RFC 7011 section 3.4.1). */
const firstId = 256;

/**
 * Whether a row has a value in any of the columns. Zero is a value in columns of counters, where "none" is
 * NaN.
 */
function isPresent(columns: readonly Columns[FieldName][], row: number): boolean {
  for (const column of columns) {
    const value = column[row]!;
    if (column instanceof Float64Array ? !Number.isNaN(value) : value !== 0) return true;
  }
  return false;
}

interface Place {
  readonly field: FieldName;
  readonly index: number;
}

/** By element name: the field that it carries, and its index among the field's elements. */
const places = new Map<string, Place>(
  fieldNames.flatMap((field) =>
    elementsOf(field, 4).map(({ name }, index): [string, Place] => [name, { field, index }]),
  ),
);

/** The field of an element; none for a UID. */
const fieldBehind = (name: string): FieldName | undefined => places.get(name)?.field;

function templateFieldOf(
  name: string,
  family: 4 | 6,
): { readonly element: InformationElement; readonly length?: number } {
  const place = places.get(name);
  if (place !== undefined) {
    const element = elementsOf(place.field, family)[place.index]!;
    return isUid(name) ? { element, length: uidOctets } : { element };
  }
  const element = elementNamed(name);
  if (element === undefined) throw new RangeError(`no registry has the element ${name}`);
  return { element, length: uidOctets };
}

/** Whether records of this template describe flows: they have at least a source or a destination. */
export function tellsFlows(template: Template): boolean {
  if (template.scopeFieldCount > 0) return false;
  const told = flowFieldsOf(template);
  return told.includes('sourceIP') || told.includes('destinationIP');
}
