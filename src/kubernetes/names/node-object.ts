import { type AddressWords, formatAddress, parseAddressRange } from '../../flow/index.ts';
import { listIn, objectIn, textIn, timeIn } from './object-reader.ts';

/** What Weir keeps of a Node. */
export interface NodeObject {
  readonly uid: string;
  readonly name: string;
  /** Of the Node itself, then those of its interfaces for Pods. */
  readonly addresses: readonly string[];
  readonly zone: string;
  readonly createdMs: number;
}

const MOST_ADDRESSES = 64;

/** Annotations in which network plugins tell a node's addresses on their tunnels and bridges. */
const addressAnnotations = [
  'projectcalico.org/IPv4VXLANTunnelAddr',
  'projectcalico.org/IPv6VXLANTunnelAddr',
  'projectcalico.org/IPv4IPIPTunnelAddr',
  'projectcalico.org/IPv4WireguardInterfaceAddr',
  'projectcalico.org/IPv6WireguardInterfaceAddr',
  'network.cilium.io/ipv4-cilium-host',
  'network.cilium.io/ipv6-cilium-host',
];

/** A list of subnets by the name of a network: OVN-Kubernetes gives the node their second addresses. */
const ovnSubnets = 'k8s.ovn.org/node-subnets';

/** Undefined when it is no Node with a UID and a name. */
export function slimNode(object: unknown): NodeObject | undefined {
  const metadata = objectIn(object, 'metadata');
  const [uid, name] = [textIn(metadata, 'uid'), textIn(metadata, 'name')];
  if (uid === '' || name === '') return undefined;
  const labels = objectIn(metadata, 'labels');
  return {
    uid,
    name,
    addresses: [
      ...new Set([...internalAddresses(object), ...annotatedAddresses(object), ...bridgeAddresses(object)]),
    ],
    zone:
      textIn(labels, 'topology.kubernetes.io/zone') ||
      textIn(labels, 'failure-domain.beta.kubernetes.io/zone'),
    createdMs: timeIn(metadata, 'creationTimestamp') || 0,
  };
}

/** An ExternalIP is none of them: several nodes may share that of a translating router. */
function internalAddresses(object: unknown): string[] {
  return listIn(objectIn(object, 'status'), 'addresses', MOST_ADDRESSES)
    .filter((each) => textIn(each, 'type') === 'InternalIP')
    .map((each) => textIn(each, 'address'));
}

function annotatedAddresses(object: unknown): string[] {
  const annotations = objectIn(object, 'metadata', 'annotations');
  const plain = addressAnnotations.map((key) => textIn(annotations, key).split('/')[0]!);
  return [
    ...plain.filter((address) => address !== ''),
    ...ovnAddresses(textIn(annotations, ovnSubnets, 4096)),
  ];
}

function ovnAddresses(text: string): string[] {
  if (text === '') return [];
  let subnets: unknown;
  try {
    subnets = JSON.parse(text);
  } catch {
    return [];
  }
  const found = Object.values(objectIn(subnets)).flat().slice(0, MOST_ADDRESSES);
  return found.flatMap((subnet) => (typeof subnet === 'string' ? addressesOf(subnet, [2]) : []));
}

/** The first two addresses of a node's range of Pods, which flannel.1 and cni0 have. Pods never get them. */
function bridgeAddresses(object: unknown): string[] {
  return listIn(objectIn(object, 'spec'), 'podCIDRs', MOST_ADDRESSES).flatMap((range) =>
    typeof range === 'string' ? addressesOf(range, [0, 1]) : [],
  );
}

/** Addresses of a range by their distance from its first. */
function addressesOf(text: string, distances: readonly number[]): string[] {
  const range = parseAddressRange(text);
  if (range === undefined || range.prefixLength > 120) return [];
  return distances.map((distance) =>
    formatAddress(addressInRange(range.words, range.prefixLength, distance)),
  );
}

function addressInRange(words: AddressWords, prefixLength: number, distance: number): number[] {
  const first = words.map((word, i) => {
    const bits = Math.max(0, Math.min(32, prefixLength - 32 * i));
    return bits === 0 ? 0 : (word & (-1 << (32 - bits))) >>> 0;
  });
  first[3]! += distance;
  return first;
}
