import { IPV4_MAPPED, isAbsent, isIPv4, parseAddressRange } from '../../flow/index.ts';

/** A name for external addresses. */
export interface NamedRange {
  readonly name: string;
  /** CIDRs or single addresses. */
  readonly networks: readonly string[];
}

/** Ranges that every network has: RFC 6890, RFC 5771, RFC 4291, RFC 1918, RFC 4193 and RFC 6598. */
export const builtInRanges: readonly NamedRange[] = [
  { name: 'loopback', networks: ['127.0.0.0/8', '::1/128'] },
  { name: 'link-local', networks: ['169.254.0.0/16', 'fe80::/10'] },
  { name: 'multicast', networks: ['224.0.0.0/4', '255.255.255.255/32', 'ff00::/8'] },
  { name: 'private', networks: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'] },
  { name: 'cgnat', networks: ['100.64.0.0/10'] },
  { name: 'internet', networks: ['0.0.0.0/0', '::/0'] },
];

/** IPv4 begins 96 bits down the trie. */
const V4_BITS = 96;
const NO_RANGE = -1;

/** Names of addresses by longest prefix: a binary trie over the mapped form. */
export class AddressRanges {
  /** Configured ranges, then built-in ones. */
  readonly names: readonly string[];
  /** The children of node n are at 2n and 2n + 1; 0 for none. */
  #children = new Uint32Array(1024);
  /** Number of the range that ends at each node. */
  #ranges = new Int32Array(512).fill(NO_RANGE);
  #nodes = 1;
  readonly #v4: number;
  /** Range of an IPv4 address outside every IPv4 range. */
  readonly #v4Default: number;

  /** @throws {TypeError} with the range and the invalid network */
  constructor(configured: readonly NamedRange[]) {
    const all = [...configured, ...builtInRanges];
    this.names = [...new Set(all.map(({ name }) => name))];
    for (const { name, networks } of all) {
      for (const network of networks) this.#add(name, network);
    }
    this.#v4 = this.#nodeOf([0, 0, IPV4_MAPPED, 0], V4_BITS);
    this.#v4Default = this.#ranges[this.#v4]!;
  }

  /** Index in `names` of the range of the address at `words[at…at+3]`; -1 for no address. */
  find(words: Uint32Array, at: number): number {
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
