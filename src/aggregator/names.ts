import { Dictionary } from '../flow/index.ts';
import { DESTINATION_IP, FLAGS, Flag, SERVICE_IP, SNAT_IP, SOURCE_IP, stringOffsets } from './flow-row.ts';

const addressOffsets = [SOURCE_IP, DESTINATION_IP, SERVICE_IP, SNAT_IP];
const ADDRESS_OCTETS = 16;
/** An address on its way from words to octets or back. */
const addressWords = new Uint32Array(4);
const addressOctets = new Uint8Array(addressWords.buffer);

/** Below this many strings, or bytes of them, it is not worth while to look for what is out of use. */
const FEW = 4096;
const FEW_OCTETS = 256 * 1024;

/** Ids of one dictionary as ids of another, each looked up once. */
export class Translation {
  readonly from: Dictionary;
  readonly to: Dictionary;
  /** By id; 0 for not yet. */
  #ids = new Uint32Array(64);

  constructor(from: Dictionary, to: Dictionary) {
    this.from = from;
    this.to = to;
  }

  id(of: number): number {
    const known = of < this.#ids.length ? this.#ids[of]! : 0;
    return known !== 0 || of === 0 ? known : this.#translate(of);
  }

  #translate(of: number): number {
    if (of >= this.#ids.length) {
      const ids = new Uint32Array(Math.max(of + 1, this.#ids.length * 2));
      ids.set(this.#ids);
      this.#ids = ids;
    }
    const id = this.to.intern(this.from.bytes, this.from.offsets[of]!, this.from.lengths[of]!);
    this.#ids[of] = id;
    return id;
  }
}

/**
 * The strings that the flow table refers to, and the addresses that few different flows have (Services, the
 * nodes' own), which are kept as strings of 16 octets.
 *
 * Names come and go with Pods. When there are twice as many as were in use, new dictionaries begin,
 * and each row moves over when it is touched next; `adopt` the rest by and by, then say `renewed`. A flag in
 * the row says which it refers to. Batches that left with the old one keep it.
 */
export class Names {
  dictionary = new Dictionary();
  addresses = new Dictionary();
  /** `Flag.generation` of rows that refer to the dictionaries in use now. */
  generation = 0;
  #outgoing: { readonly strings: Translation; readonly addresses: Translation } | undefined;
  #translations = new WeakMap<Dictionary, Translation>();
  #most = FEW;
  #mostOctets = FEW_OCTETS;

  /** Whether rows may still refer to outgoing dictionaries. */
  get isRenewing(): boolean {
    return this.#outgoing !== undefined;
  }

  get octets(): number {
    return this.dictionary.octets + this.addresses.octets;
  }

  /** Translates the ids of batches that use this dictionary. Valid until `dictionary` is another. */
  translationFrom(source: Dictionary): Translation {
    let translation = this.#translations.get(source);
    if (translation === undefined) {
      translation = new Translation(source, this.dictionary);
      this.#translations.set(source, translation);
    }
    return translation;
  }

  /** Id of the address at `words[at…at+3]`. */
  addressId(words: Uint32Array, at: number): number {
    for (let i = 0; i < 4; i++) addressWords[i] = words[at + i]!;
    return this.addresses.intern(addressOctets, 0, ADDRESS_OCTETS);
  }

  /** Puts an address into `words[at…at+3]`. */
  readAddress(id: number, words: Uint32Array, at: number): void {
    const { bytes, offsets } = this.addresses;
    const start = offsets[id]!;
    for (let i = 0; i < ADDRESS_OCTETS; i++) addressOctets[i] = bytes[start + i]!;
    for (let i = 0; i < 4; i++) words[at + i] = addressWords[i]!;
  }

  /** Begins new dictionaries when those in use have grown to twice what was in use. Returns whether it did. */
  renewIfGrown(): boolean {
    if (this.isRenewing || (this.#count() < this.#most && this.octets < this.#mostOctets)) return false;
    const [strings, addresses] = [this.dictionary, this.addresses];
    this.dictionary = new Dictionary();
    this.addresses = new Dictionary();
    this.generation ^= Flag.generation;
    this.#translations = new WeakMap();
    this.#outgoing = {
      strings: new Translation(strings, this.dictionary),
      addresses: new Translation(addresses, this.addresses),
    };
    return true;
  }

  /** Moves the row at `words[base…]` over to the dictionaries in use, if it is not there yet. */
  adopt(words: Uint32Array, base: number): void {
    if ((words[base + FLAGS]! & Flag.generation) === this.generation) return;
    words[base + FLAGS]! ^= Flag.generation;
    const { strings, addresses } = this.#outgoing!;
    for (const offset of stringOffsets) words[base + offset] = strings.id(words[base + offset]!);
    for (const offset of addressOffsets) words[base + offset] = addresses.id(words[base + offset]!);
  }

  /** Every row has been adopted: the outgoing dictionaries may go. */
  renewed(): void {
    this.#outgoing = undefined;
    this.#most = Math.max(FEW, 2 * this.#count());
    this.#mostOctets = Math.max(FEW_OCTETS, 2 * this.octets);
  }

  #count(): number {
    return this.dictionary.size + this.addresses.size;
  }
}
