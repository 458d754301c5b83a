import type { DimensionName } from './dimension.ts';
import type { FieldName, FieldsStoredAs } from './fields.ts';

type TextField = FieldsStoredAs<'string'>;
type AddressField = FieldsStoredAs<'address'>;
type PortField = 'sourceTransportPort' | 'destinationTransportPort';
type NamedField = 'protocolIdentifier' | 'flowType' | ActionField;
type ActionField = 'ingressNetworkPolicyRuleAction' | 'egressNetworkPolicyRuleAction';

/** Text that stands before a name, with a slash between. */
interface Qualified {
  readonly namespace: TextField;
  readonly name: TextField;
}

/**
 * From which fields the value of a dimension comes, and how. Batches and files are read by the same table, so
 * they agree.
 */
export type DimensionReading =
  | { readonly kind: 'text'; readonly field: TextField }
  /** A Pod: always with a slash, also without a namespace. */
  | ({ readonly kind: 'pod' } & Qualified)
  /** Without a namespace the name alone: a policy of the whole cluster. */
  | ({ readonly kind: 'policy' } & Qualified)
  /** The workload by its name, else by that of the Pod; without both the node, then the range. */
  | ({
      readonly kind: 'workload';
      readonly pod: TextField;
      readonly node: TextField;
      readonly range: TextField;
    } & Qualified)
  /** The Pod, else the address. */
  | ({ readonly kind: 'end'; readonly address: AddressField } & Qualified)
  | { readonly kind: 'address'; readonly field: AddressField }
  | { readonly kind: 'prefix'; readonly field: AddressField }
  /** Zero is a port only in a protocol with ports. */
  | { readonly kind: 'port'; readonly field: PortField; readonly protocol: 'protocolIdentifier' }
  /** A number with a name; zero is none. */
  | { readonly kind: 'number'; readonly field: NamedField }
  /** The stricter of both actions. */
  | { readonly kind: 'verdict'; readonly first: ActionField; readonly second: ActionField };

export type ReadingOf<K extends DimensionReading['kind']> = Extract<DimensionReading, { kind: K }>;

const ofAnEnd = <E extends 'source' | 'destination'>(end: E) => {
  const pod = { namespace: `${end}PodNamespace`, name: `${end}PodName` } as const;
  return {
    end: { kind: 'end', ...pod, address: `${end}IP` },
    workload: {
      kind: 'workload',
      namespace: pod.namespace,
      name: `${end}WorkloadName`,
      pod: pod.name,
      node: `${end}NodeName`,
      range: `${end}RangeName`,
    },
    namespace: { kind: 'text', field: pod.namespace },
    pod: { kind: 'pod', ...pod },
    node: { kind: 'text', field: `${end}NodeName` },
    zone: { kind: 'text', field: `${end}Zone` },
    range: { kind: 'text', field: `${end}RangeName` },
    address: { kind: 'address', field: `${end}IP` },
    prefix: { kind: 'prefix', field: `${end}IP` },
    port: { kind: 'port', field: `${end}TransportPort`, protocol: 'protocolIdentifier' },
  } as const satisfies Record<string, DimensionReading>;
};

const source = ofAnEnd('source');
const destination = ofAnEnd('destination');
const actions = {
  ingress: 'ingressNetworkPolicyRuleAction',
  egress: 'egressNetworkPolicyRuleAction',
} as const;

export const dimensionReadings: Readonly<Record<DimensionName, DimensionReading>> = {
  source: source.end,
  sourceWorkload: source.workload,
  sourceNamespace: source.namespace,
  sourcePod: source.pod,
  sourceNode: source.node,
  sourceZone: source.zone,
  sourceRange: source.range,
  sourceAddress: source.address,
  sourcePrefix: source.prefix,
  sourcePort: source.port,
  destination: destination.end,
  destinationWorkload: destination.workload,
  destinationNamespace: destination.namespace,
  destinationPod: destination.pod,
  destinationNode: destination.node,
  destinationZone: destination.zone,
  destinationRange: destination.range,
  destinationAddress: destination.address,
  destinationPrefix: destination.prefix,
  destinationPort: destination.port,
  protocol: { kind: 'number', field: 'protocolIdentifier' },
  service: { kind: 'text', field: 'destinationServicePortName' },
  flowType: { kind: 'number', field: 'flowType' },
  ingressPolicy: {
    kind: 'policy',
    namespace: 'ingressNetworkPolicyNamespace',
    name: 'ingressNetworkPolicyName',
  },
  ingressRule: { kind: 'text', field: 'ingressNetworkPolicyRuleName' },
  ingressAction: { kind: 'number', field: actions.ingress },
  egressPolicy: {
    kind: 'policy',
    namespace: 'egressNetworkPolicyNamespace',
    name: 'egressNetworkPolicyName',
  },
  egressRule: { kind: 'text', field: 'egressNetworkPolicyRuleName' },
  egressAction: { kind: 'number', field: actions.egress },
  verdict: { kind: 'verdict', first: actions.ingress, second: actions.egress },
  tcpState: { kind: 'text', field: 'tcpState' },
  cluster: { kind: 'text', field: 'clusterId' },
};

/** The fields from which a dimension is read. What has none of them has no value in it. */
export function fieldsOfDimension(name: DimensionName): FieldName[] {
  const { kind: _, ...fields } = dimensionReadings[name];
  return Object.values(fields);
}
