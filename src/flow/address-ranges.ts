import { IPV4_MAPPED, isAbsent, isIPv4, parseAddressRange } from './ip-address.ts';

/** A name for addresses. */
export interface NamedRange {
  readonly name: string;
  /** CIDRs or single addresses. */
  readonly networks: readonly string[];
}

/** IPv4 begins 96 bits down the trie. */
const V4_BITS = 96;
const NO_RANGE = -1;

/** Names of addresses by longest prefix: a binary trie over the mapped form. */
export class AddressRanges {
  /** In the order of the ranges. */
  readonly names: readonly string[];
  /** The children of node n are at 2n and 2n + 1; 0 for none. */
  #children = new Uint32Array(1024);
  /** Number of the range that ends at each node. */
  #ranges = new Int32Array(512).fill(NO_RANGE);
  #nodes = 1;
  readonly #v4: number;
  /** Range of an IPv4 address outside every IPv4 range. */
  readonly #v4Default: number;

  /**
   * @param ranges of two with the same network, the first names it
   * @throws {TypeError} with the range and the invalid network
   */
  constructor(ranges: readonly NamedRange[]) {
    this.names = [...new Set(ranges.map(({ name }) => name))];
    for (const { name, networks } of ranges) {
      for (const network of networks) this.#add(name, network);
    }
    this.#v4 = this.#nodeOf([0, 0, IPV4_MAPPED, 0], V4_BITS);
    this.#v4Default = this.#ranges[this.#v4]!;
  }

  /** Index in `names` of the range of the address at `words[at…at+3]`; -1 for no address. */
  find(words: ArrayLike<number>, at: number): number {
    if (isAbsent(words, at)) return NO_RANGE;
    const isV4 = isIPv4(words, at);
    let node = isV4 ? this.#v4 : 0;
    let found = isV4 ? this.#v4Default : this.#ranges[0]!;
    for (let bit = isV4 ? V4_BITS : 0; bit < 128; bit++) {
      node = this.#children[2 * node + ((words[at + (bit >>> 5)]! >>> (31 - (bit & 31))) & 1)]!;
      if (node === 0) break;
      const range = this.#ranges[node]!;
      if (range !== NO_RANGE) found = range;
    }
    return found;
  }

  #add(name: string, network: string): void {
    const range = parseAddressRange(network);
    if (range === undefined) {
      throw new TypeError(
        `range "${name}": expected an address or a CIDR such as 10.1.0.0/16; found "${network}"`,
      );
    }
    const node = this.#nodeOf(range.words, range.prefixLength);
    if (this.#ranges[node] === NO_RANGE) this.#ranges[node] = this.names.indexOf(name);
  }

  /** The node at the end of a prefix; creates it when missing. */
  #nodeOf(words: ArrayLike<number>, prefixLength: number): number {
    let node = 0;
    for (let bit = 0; bit < prefixLength; bit++) {
      const child = 2 * node + ((words[bit >>> 5]! >>> (31 - (bit & 31))) & 1);
      if (this.#children[child] === 0) {
        if (this.#nodes === this.#ranges.length) this.#grow();
        this.#children[child] = this.#nodes++;
      }
      node = this.#children[child]!;
    }
    return node;
  }

  #grow(): void {
    const children = new Uint32Array(this.#children.length * 2);
    children.set(this.#children);
    this.#children = children;
    const ranges = new Int32Array(this.#ranges.length * 2).fill(NO_RANGE);
    ranges.set(this.#ranges);
    this.#ranges = ranges;
  }
}

/** The networks of a range in a configuration: a list, or a single one. Undefined if one is not valid. */
export function readNetworks(found: unknown): string[] | undefined {
  const networks = [found].flat();
  const areNetworks = networks.every(
    (network) => typeof network === 'string' && parseAddressRange(network) !== undefined,
  );
  return networks.length > 0 && areNetworks ? (networks as string[]) : undefined;
}
