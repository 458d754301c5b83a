/**
 * Flow records as IPFIX templates: which elements Weir sends, in which order, and which of a row's fields
 * are left out because the row has no value in them. Everything else about a field (its element's number
 * and type, its column) stands in the table of fields; the codec reads and writes by that table.
 */
import {
  type Columns,
  type Element,
  elementsOf,
  type FieldName,
  type FlowBatch,
  fieldNames,
} from '../flow/index.ts';
import { ColumnWriter, createTemplate, flowFieldsOf, type Template } from './wire/index.ts';

/** What Weir's processes send: an agent its node's view, an aggregator both nodes' views joined. */
export type RecordKind = 'agent' | 'aggregated';

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
const reversed = (name: string) => `reverse${name.charAt(0).toUpperCase()}${name.slice(1)}`;
const fromBothNodes = (name: string) => [`${name}FromSourceNode`, `${name}FromDestinationNode`];

/**
 * What Weir tells beyond Antrea's elements: times with milliseconds, the connection's own number, ICMP's
 * type and code, and what only a packet shows (a firewall's log has it, connection tracking has not),
 * and who opened the connection. Of that, 0 goes out where nobody knows: RFC 5103 calls it arbitrary.
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
];

/**
 * Names of the elements of an IPv4 record in the order in which they are sent; an IPv6 record has the IPv6
 * twins in their places. Antrea's own lists come first, in its order, so that whoever reads its records by
 * position reads these too. `destinationClusterIPv4` is the older name of `destinationServiceIPv4`.
 */
export const recordElements: Readonly<Record<RecordKind, readonly string[]>> = {
  agent: [...common, 'destinationClusterIPv4', 'proxySnatIPv4', 'destinationServiceIPv4', ...additions],
  aggregated: [
    ...common,
    'proxySnatIPv4',
    'destinationClusterIPv4',
    'destinationServiceIPv4',
    ...perNode.flatMap(fromBothNodes),
    ...perNode.map(reversed).flatMap(fromBothNodes),
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
};

/** The counters and the rate of one direction as one observer tells them, or as the flow's own (''). */
const counters = (observer: '' | 'FromSourceNode' | 'FromDestinationNode', isReverse: boolean) =>
  fieldNames.filter(
    (name) =>
      name.endsWith(observer) &&
      /(DeltaCount|TotalCount|hroughput)$/.test(name.slice(0, name.length - observer.length)) &&
      name.startsWith('reverse') === isReverse,
  );

/**
 * Fields that a row has together or not at all. A group that has no value in a row is not in the row's
 * template, because on the wire "not counted" could only be zero. Within a group that is there, a single
 * field without a value does go out as zero.
 */
const groups: readonly (readonly FieldName[])[] = [
  counters('', false),
  counters('', true),
  ['flowId'],
  ['ipClassOfService', 'tcpControlBits', 'vlanId', 'ingressInterface', 'egressInterface'],
  [...counters('FromSourceNode', false), 'flowEndSecondsFromSourceNode'],
  counters('FromSourceNode', true),
  [...counters('FromDestinationNode', false), 'flowEndSecondsFromDestinationNode'],
  counters('FromDestinationNode', true),
  ['flowStartMilliseconds'],
];

/** A template that Weir sends, with what writes a batch's rows as its records. */
export interface FlowTemplate {
  readonly template: Template;
  readonly writer: ColumnWriter;
}

/**
 * The templates of one kind of record. There is one for each family and each set of groups that rows
 * lack; each is made when the first such row comes. Their ids are always the same: 256 is an IPv4 record
 * with everything, 257 an IPv6 one, and each group that is missing has its own bit above that.
 */
export class FlowTemplates {
  readonly #kind: RecordKind;
  readonly #byId = new Map<number, FlowTemplate>();
  /** The groups that this kind of record has, each with its bit of a template's id. */
  readonly #groups: readonly { readonly bit: number; readonly names: readonly FieldName[] }[];

  constructor(kind: RecordKind) {
    this.#kind = kind;
    const sent = new Set(recordElements[kind].map((name) => placeOf(name).field));
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

  /** Puts for each row of a batch the id of its template. */
  chooseIds(batch: FlowBatch, ids: Uint16Array): void {
    for (let row = 0; row < batch.length; row++) ids[row] = firstId + (batch.family(row) === 6 ? 1 : 0);
    for (const { bit, names } of this.#groups) {
      const columns = names.filter((name) => batch.has(name)).map((name) => batch.columns[name]);
      for (let row = 0; row < batch.length; row++) if (!isPresent(columns, row)) ids[row]! += bit;
    }
  }

  /** The template of an id that `chooseIds` gave. */
  get(id: number): FlowTemplate {
    return this.#byId.get(id) ?? this.#define(id);
  }

  #define(id: number): FlowTemplate {
    const missing = new Set(
      this.#groups.filter(({ bit }) => (id - firstId) & bit).flatMap(({ names }) => names),
    );
    const fields = recordElements[this.#kind]
      .filter((name) => !missing.has(placeOf(name).field))
      .map((name) => ({ element: elementFor(name, (id - firstId) & 1 ? 6 : 4) }));
    const template = createTemplate(id, fields);
    const defined = { template, writer: new ColumnWriter(template) };
    this.#byId.set(id, defined);
    return defined;
  }
}

/** Template ids start here: lower ones are the sets' own (RFC 7011 section 3.4.1). */
const firstId = 256;

/** Whether a row has a value in any of the columns. Zero is one in those of counters, where "none" is NaN. */
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

/** For each element's name: the field it carries, and where it stands among the field's elements. */
const places = new Map<string, Place>(
  fieldNames.flatMap((field) =>
    elementsOf(field, 4).map(({ name }, index): [string, Place] => [name, { field, index }]),
  ),
);

function placeOf(name: string): Place {
  const place = places.get(name);
  if (place === undefined) throw new RangeError(`no field of the flow record has the element ${name}`);
  return place;
}

function elementFor(name: string, family: 4 | 6): Element {
  const { field, index } = placeOf(name);
  return elementsOf(field, family)[index]!;
}

/** Whether records of this template tell a flow: at least where from or where to. */
export function tellsFlows(template: Template): boolean {
  if (template.scopeFieldCount > 0) return false;
  const told = flowFieldsOf(template);
  return told.includes('sourceIP') || told.includes('destinationIP');
}
