import { Dictionary } from '../flow/index.ts';
import type { ExporterShares } from './exporter-shares.ts';
import {
  DESTINATION_IP,
  FLAGS,
  FlowFlag,
  ROW_WORDS,
  SERVICE_IP,
  SNAT_IP,
  SOURCE_IP,
  stringOffsets,
} from './flow-row.ts';

const addressOffsets = [SOURCE_IP, DESTINATION_IP, SERVICE_IP, SNAT_IP];
const ADDRESS_OCTETS = 16;
/** An address on its way from words to octets or back. */
const addressWords = new Uint32Array(4);
const addressOctets = new Uint8Array(addressWords.buffer);

/** Below this many strings, or bytes of them, it is not worth while to look for what is out of use. */
const FEW = 4096;
const FEW_OCTETS = 256 * 1024;

/**
 * What names take: those that one exporter has brought and are in use, and all. Of each string, beside its
 * bytes, so much.
 */
const MAX_EXPORTER_OCTETS = 8 * 1024 * 1024;
const MAX_OCTETS = 64 * 1024 * 1024;
const STRING_OCTETS = 32;
/** When names had to be left out, room is made again after so many looks. */
const LOOKS_BETWEEN = 10;

/** What of a page of the flow table says whose names its rows have. */
export interface NamedRows {
  readonly words: Uint32Array;
  readonly exporters: Uint16Array;
}

/** Puts a string into a dictionary; 0 when there is no room for it. */
type Keep = (to: Dictionary, bytes: Uint8Array, offset: number, length: number) => number;

/** Ids of one dictionary as ids of another, each looked up once. */
export class Translation {
  readonly from: Dictionary;
  readonly to: Dictionary;
  readonly #keep: Keep;
  /** By id; 0 for not yet. */
  #ids = new Uint32Array(64);

  constructor(from: Dictionary, to: Dictionary, keep: Keep) {
    this.from = from;
    this.to = to;
    this.#keep = keep;
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
    const id = this.#keep(this.to, this.from.bytes, this.from.offsets[of]!, this.from.lengths[of]!);
    this.#ids[of] = id;
    return id;
  }
}

/**
 * The strings that the flow table refers to, and the addresses that few different flows have (Services, the
 * nodes' own), which are kept as strings of 16 octets.
 *
 * Names come and go with Pods. When there are twice as many as were in use, new dictionaries begin, and each
 * row moves over when it is touched next; `adopt` the rest by and by, then say `renewed`. A flag in the row
 * says which it refers to. Batches that left with the old one keep it.
 *
 * Each exporter has room for so many octets of names, and all together have: what is beyond is left out, and
 * counted.
 */
export class Names {
  dictionary = new Dictionary();
  addresses = new Dictionary();
  /** Whose records are taken now, by its number in the shares. */
  exporter = 0;
  /** Names that were left out since this was last set to 0. */
  leftOut = 0;
  /** `FlowFlag.generation` of rows that refer to the dictionaries in use now. */
  generation = 0;
  #outgoing: { readonly strings: Translation; readonly addresses: Translation } | undefined;
  #translations = new WeakMap<Dictionary, Translation>();
  readonly #shares: ExporterShares;
  #most = FEW;
  #mostOctets = FEW_OCTETS;
  #isShort = false;
  #looks = 0;
  /** Strings, and addresses, that are on somebody's account. */
  #countedStrings = 1;
  #countedAddresses = 1;
  /** Whose row is being moved over. */
  #owner = 0;
  /** What a row has already stays. */
  readonly #adopted: Keep = (to, bytes, offset, length) =>
    this.#charged(to, to.intern(bytes, offset, length), this.#owner);
  readonly #keep: Keep = (to, bytes, offset, length) => {
    if (!this.#hasRoom(length)) {
      const known = to.findBytes(bytes, offset, length);
      if (known !== undefined) return known;
      this.leftOut++;
      this.#isShort = true;
      return 0;
    }
    return this.#charged(to, to.intern(bytes, offset, length), this.exporter);
  };

  constructor(shares: ExporterShares) {
    this.#shares = shares;
  }

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
      translation = new Translation(source, this.dictionary, this.#keep);
      this.#translations.set(source, translation);
    }
    return translation;
  }

  /** Id of a text that no exporter brought; 0 when there is no room for it. */
  textId(text: string): number {
    const bytes = Buffer.from(text);
    return this.#keep(this.dictionary, bytes, 0, bytes.length);
  }

  /** Id of the address at `words[at…at+3]`. */
  addressId(words: Uint32Array, at: number): number {
    for (let i = 0; i < 4; i++) addressWords[i] = words[at + i]!;
    const id = this.addresses.intern(addressOctets, 0, ADDRESS_OCTETS);
    return this.#charged(this.addresses, id, this.exporter);
  }

  /** Puts an address into `words[at…at+3]`. */
  readAddress(id: number, words: Uint32Array, at: number): void {
    const { bytes, offsets } = this.addresses;
    const start = offsets[id]!;
    for (let i = 0; i < ADDRESS_OCTETS; i++) addressOctets[i] = bytes[start + i]!;
    for (let i = 0; i < 4; i++) words[at + i] = addressWords[i]!;
  }

  /**
   * Begins new dictionaries when those in use have grown to twice what was in use, or names had to be left
   * out. Returns whether it did. Call at regular times.
   */
  renewIfGrown(): boolean {
    this.#looks++;
    if (this.isRenewing || !this.#isDue()) return false;
    this.#looks = 0;
    this.#isShort = false;
    this.#shares.nameOctets.fill(0);
    this.#countedStrings = 1;
    this.#countedAddresses = 1;
    const [strings, addresses] = [this.dictionary, this.addresses];
    this.dictionary = new Dictionary();
    this.addresses = new Dictionary();
    this.generation ^= FlowFlag.generation;
    this.#translations = new WeakMap();
    this.#outgoing = {
      strings: new Translation(strings, this.dictionary, this.#adopted),
      addresses: new Translation(addresses, this.addresses, this.#adopted),
    };
    return true;
  }

  /** Moves the row `at` of a page over to the dictionaries in use, if it is not there yet. */
  adopt({ words, exporters }: NamedRows, at: number): void {
    const base = at * ROW_WORDS;
    if ((words[base + FLAGS]! & FlowFlag.generation) === this.generation) return;
    words[base + FLAGS]! ^= FlowFlag.generation;
    this.#owner = exporters[at]!;
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

  #isDue(): boolean {
    if (this.#isShort && this.#looks >= LOOKS_BETWEEN) return true;
    return this.#count() >= this.#most || this.octets >= this.#mostOctets;
  }

  #hasRoom(length: number): boolean {
    const octets = length + STRING_OCTETS;
    const all = this.octets + STRING_OCTETS * this.#count();
    return (
      this.#shares.nameOctets[this.exporter]! + octets <= MAX_EXPORTER_OCTETS && all + octets <= MAX_OCTETS
    );
  }

  /** Puts the string on an exporter's account if it is new. */
  #charged(to: Dictionary, id: number, exporter: number): number {
    const isAddress = to === this.addresses;
    if (id < (isAddress ? this.#countedAddresses : this.#countedStrings)) return id;
    if (isAddress) this.#countedAddresses = id + 1;
    else this.#countedStrings = id + 1;
    this.#shares.nameOctets[exporter]! += to.lengths[id]! + STRING_OCTETS;
    return id;
  }

  #count(): number {
    return this.dictionary.size + this.addresses.size;
  }
}
