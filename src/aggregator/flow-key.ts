import { KEY_WORDS } from './flow-row.ts';

/**
 * What the records of one flow share: the 5-tuple on the wire between the two nodes.
 *
 *     words 0–3   source address       after source NAT on the source's node
 *     words 4–7   destination address  after destination NAT on the source's node
 *     word  8     source port << 16 | destination port (ICMP: identifier << 16)
 *     word  9     exporter << 8 | protocol; the exporter is 0, except for one that has neither end
 *
 * Two consecutive flows can have the same key: see `Correlation`.
 */
export class FlowKey {
  readonly words = new Uint32Array(KEY_WORDS);
  hash = 0;

  /** Takes over the key words at `at`. */
  set(words: Uint32Array, at: number): void {
    for (let i = 0; i < KEY_WORDS; i++) this.words[i] = words[at + i]!;
    this.hash = hashKey(this.words, 0);
  }

  setSource(words: Uint32Array, at: number): void {
    copyAddress(words, at, this.words, 0);
  }

  setDestination(words: Uint32Array, at: number): void {
    copyAddress(words, at, this.words, 4);
  }

  setRest(sourcePort: number, destinationPort: number, exporter: number, protocol: number): void {
    this.words[8] = (sourcePort << 16) | destinationPort;
    this.words[9] = (exporter << 8) | protocol;
    this.hash = hashKey(this.words, 0);
  }

  /** Replaces the destination's port once the rest is set; 0 leaves it. */
  setDestinationPort(port: number): void {
    if (port !== 0) this.words[8] = (this.words[8]! & 0xffff_0000) | port;
    this.hash = hashKey(this.words, 0);
  }
}

function copyAddress(from: Uint32Array, at: number, to: Uint32Array, offset: number): void {
  to[offset] = from[at]!;
  to[offset + 1] = from[at + 1]!;
  to[offset + 2] = from[at + 2]!;
  to[offset + 3] = from[at + 3]!;
}

/** Keeps outsiders from choosing tuples that collide. */
const seed = (Math.random() * 0x1_0000_0000) | 0;

/** Hash of the key words at `at`, as a signed 32-bit number. */
export function hashKey(words: Uint32Array, at: number): number {
  let hash = seed;
  for (let i = 0; i < KEY_WORDS; i++) hash = mixWord(hash, words[at + i]!);
  hash = Math.imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** A number of 24 bits, never 0, for an exporter that has neither end of its flows. */
export function exporterNumber(address: string, observationDomainId: number): number {
  let hash = seed ^ observationDomainId;
  for (let i = 0; i < address.length; i++) hash = mixWord(hash, address.charCodeAt(i));
  return hash & 0xff_ffff || 1;
}

/**
 * One number for a flow as one observer knows it: by its source (the key words at `at`), its number and its
 * start. It leaves out the destination, whose key words depend on the node that reported first.
 * @param isTurned takes the key's destination for the source
 */
export function flowFingerprint(
  words: Uint32Array,
  at: number,
  flowId: number,
  start: number,
  isTurned = false,
): number {
  const source = isTurned ? at + 4 : at;
  const ports = words[at + 8]!;
  bits[0] = flowId;
  bits[1] = start;
  let hash = mixWord(seed, words[source]!);
  hash = mixWord(hash, words[source + 1]!);
  hash = mixWord(hash, words[source + 2]!);
  hash = mixWord(hash, words[source + 3]!);
  hash = mixWord(hash, isTurned ? ports & 0xffff : ports >>> 16);
  hash = mixWord(hash, words[at + 9]!);
  for (let i = 0; i < bitWords.length; i++) hash = mixWord(hash, bitWords[i]!);
  return hash;
}

const bits = new Float64Array(2);
const bitWords = new Int32Array(bits.buffer);

function mixWord(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
