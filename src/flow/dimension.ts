/**
 * What flows can be grouped by. The one table of dimensions: names, meaning, and the end that a dimension
 * belongs to. A record without a value has none: that is a group of its own, and no text.
 */
export interface Dimension {
  /** What people read above a column. */
  readonly title: string;
  readonly description: string;
  /** Which end of the flow it names; undefined for the flow itself. */
  readonly end?: 'source' | 'destination';
  /** The same of the other end. */
  readonly twin?: string;
}

/** The dimensions that each end has, by their name without the end. */
const ofAnEnd = {
  '': {
    title: '',
    description: 'Pod as namespace/name, else address',
  },
  Workload: {
    title: 'workload',
    description: 'workload as namespace/name, else node, else name of the address range',
  },
  Namespace: { title: 'namespace', description: 'namespace of the Pod' },
  Pod: { title: 'Pod', description: 'Pod as namespace/name' },
  Node: { title: 'node', description: 'name of the node' },
  Zone: { title: 'zone', description: 'zone of the node' },
  Range: { title: 'range', description: 'configured name of the address range' },
  Address: { title: 'address', description: 'IP address' },
  Prefix: { title: 'prefix', description: 'IP prefix: /24 of IPv4, /64 of IPv6' },
} as const satisfies Record<string, Dimension>;

type EndName = 'source' | 'destination';
type OfAnEnd = `${EndName}${keyof typeof ofAnEnd}`;

function dimensionsOf(end: EndName): [OfAnEnd, Dimension][] {
  const other = end === 'source' ? 'destination' : 'source';
  return Object.entries(ofAnEnd).map(([name, { title, description }]) => [
    `${end}${name}` as OfAnEnd,
    {
      title: `${end} ${title}`.trim(),
      description: `${description}, of the ${end}`,
      end,
      twin: `${other}${name}`,
    },
  ]);
}

const ofTheFlow = {
  sourcePort: {
    title: 'source port',
    description: 'port of the source',
    end: 'source',
    twin: 'destinationPort',
  },
  destinationPort: {
    title: 'port',
    description: 'port of the destination, after destination NAT',
    end: 'destination',
    twin: 'sourcePort',
  },
  protocol: { title: 'protocol', description: 'protocol over IP' },
  service: { title: 'Service', description: 'Service as namespace/name:port' },
  flowType: { title: 'flow type', description: 'location of the two ends' },
  ingressPolicy: { title: 'ingress policy', description: 'policy at the destination, as namespace/name' },
  ingressRule: { title: 'ingress rule', description: 'its rule' },
  ingressAction: { title: 'ingress action', description: 'action of its rule: Allow, Drop or Reject' },
  egressPolicy: { title: 'egress policy', description: 'policy at the source, as namespace/name' },
  egressRule: { title: 'egress rule', description: 'its rule' },
  egressAction: { title: 'egress action', description: 'action of its rule: Allow, Drop or Reject' },
  verdict: {
    title: 'verdict',
    description: 'the stricter action of both policies: Allow, Drop or Reject',
  },
  tcpState: { title: 'TCP state', description: 'last state of the TCP connection' },
  cluster: { title: 'cluster', description: 'cluster of the record' },
} as const satisfies Record<string, Dimension>;

export type DimensionName = OfAnEnd | keyof typeof ofTheFlow;

export const dimensions: Readonly<Record<DimensionName, Dimension>> = Object.fromEntries([
  ...dimensionsOf('source'),
  ...dimensionsOf('destination'),
  ...Object.entries(ofTheFlow),
]) as Record<DimensionName, Dimension>;

export const dimensionNames = Object.keys(dimensions) as DimensionName[];
