import {
  type AddressRange,
  type AddressWords,
  FlowType,
  isLoopback,
  parseAddressRange,
  rangeContains,
} from '../flow/index.ts';
import { WeirError } from '../runtime/index.ts';
import { AddressSet } from './address-set.ts';
import { MAYBE_FROM_EXTERNAL } from './flow-ends.ts';

export interface NodeNetworkOptions {
  /** CIDRs on this node beside its own addresses, such as its Pods. */
  readonly nodeNetworks?: readonly string[];
  /** CIDRs of all watched nodes, and of their Pods. */
  readonly clusterNetworks?: readonly string[];
}

/**
 * Whether the address of four words at `words[at]` belonged to a workload of this node at a monotonic time.
 */
export type IsWorkload = (words: ArrayLike<number>, at: number, timeMs: number) => boolean;

const Place = { here: 0, cluster: 1, unknown: 2, outside: 3 } as const;
type Place = (typeof Place)[keyof typeof Place];

/**
 * Which addresses are this node's and which are other watched nodes', and the resulting type of a flow:
 *
 *     source \ destination    here          cluster       outside       unknown
 *     here                    IntraNode     InterNode     ToExternal    unspecified
 *     cluster                 InterNode     InterNode     ToExternal    –
 *     outside                 FromExternal  FromExternal  unspecified   FromExternal (translated)
 *     unknown                 unspecified   –             unspecified   unspecified
 *
 * A flow from outside to an unknown address has a type only if this node translates its source.
 * With `clusterNetworks`, every other address is outside. Without it, an address in a private range may be
 * another watched node. It is unknown, and the flow has no type. A correlator of two nodes' halves must not
 * take such a flow for a complete one. Public addresses and multicast groups are outside.
 */
export class NodeNetwork {
  #addresses = new AddressSet([]);
  readonly #nodeNetworks: readonly AddressRange[];
  readonly #clusterNetworks: readonly AddressRange[];
  /** Whether a private address outside all given networks is unknown. */
  readonly #isPrivateUnknown: boolean;
  readonly #isWorkload: IsWorkload;

  /**
   * @param isWorkload knows further addresses on this node; default none
   * @throws WeirError WEIR_AGENT_OPTION for an invalid CIDR
   */
  constructor(
    { nodeNetworks = [], clusterNetworks }: NodeNetworkOptions = {},
    isWorkload: IsWorkload = () => false,
  ) {
    this.#isWorkload = isWorkload;
    this.#nodeNetworks = nodeNetworks.map((text) => rangeOf('nodeNetworks', text));
    this.#clusterNetworks = (clusterNetworks ?? []).map((text) => rangeOf('clusterNetworks', text));
    this.#isPrivateUnknown = clusterNetworks === undefined;
  }

  /** The addresses of the node's own interfaces, read again periodically. */
  set addresses(addresses: readonly AddressWords[]) {
    this.#addresses = new AddressSet(addresses);
  }

  isHere(words: ArrayLike<number>, at: number, timeMs: number): boolean {
    return (
      this.#addresses.has(words, at) ||
      isLoopback(words, at) ||
      isInAny(this.#nodeNetworks, words, at) ||
      this.#isWorkload(words, at, timeMs)
    );
  }

  isWorkload(words: ArrayLike<number>, at: number, timeMs: number): boolean {
    return this.#isWorkload(words, at, timeMs);
  }

  flowType(words: ArrayLike<number>, source: number, destination: number, timeMs: number): number {
    return flowTypes[this.#place(words, source, timeMs)]![this.#place(words, destination, timeMs)]!;
  }

  #place(words: ArrayLike<number>, at: number, timeMs: number): Place {
    if (this.isHere(words, at, timeMs)) return Place.here;
    if (isInAny(this.#clusterNetworks, words, at)) return Place.cluster;
    return this.#isPrivateUnknown && isInAny(privateNetworks, words, at) ? Place.unknown : Place.outside;
  }
}

const { unspecified, intraNode, interNode, toExternal, fromExternal } = FlowType;

/** By the place of the source, then of the destination, in the order of `Place`. */
const flowTypes: readonly (readonly number[])[] = [
  [intraNode, interNode, unspecified, toExternal],
  [interNode, interNode, unspecified, toExternal],
  [unspecified, unspecified, unspecified, unspecified],
  [fromExternal, fromExternal, MAYBE_FROM_EXTERNAL, unspecified],
];

/** RFC 1918, 6598, 3927, 4193 and 4291. */
const privateNetworks = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
].map((text) => parseAddressRange(text)!);

function isInAny(ranges: readonly AddressRange[], words: ArrayLike<number>, at: number): boolean {
  for (const range of ranges) if (rangeContains(range, words, at)) return true;
  return false;
}

function rangeOf(option: string, text: string): AddressRange {
  const parsed = parseAddressRange(text);
  if (parsed !== undefined) return parsed;
  throw new WeirError('WEIR_AGENT_OPTION', `${option}: "${text}" is not an address range`, {
    remedy: 'Write ranges as CIDR, such as 10.244.1.0/24 or fd00:10:244::/64.',
  });
}
