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
/** An address during its conversion between words and octets. */
const addressWords = new Uint32Array(4);
const addressOctets = new Uint8Array(addressWords.buffer);

/** With fewer strings or octets than this, a search for unused ones is not worth its cost. */
const FEW = 4096;
const FEW_OCTETS = 256 * 1024;

/**
 * Bounds of names: those in use that one exporter has brought, and all. Each string counts this much beside
 * its bytes.
 */
const MAX_EXPORTER_OCTETS = 8 * 1024 * 1024;
const MAX_OCTETS = 64 * 1024 * 1024;
const STRING_OCTETS = 32;
/** After names had to be left out, room is made again after this many checks. */
const LOOKS_BETWEEN = 10;

/** What of a page of the flow table says whose names its rows have. */
export interface NamedRows {
  readonly words: Uint32Array;
  readonly exporters: Uint16Array;
}

/** Puts a string into a dictionary; 0 when there is no room for it. */
type Keep = (to: Dictionary, bytes: Uint8Array, offset: number, length: number) => number;

/** Translates ids of one dictionary into ids of another, each looked up once. */
export class Translation {
  readonly from: Dictionary;
  readonly to: Dictionary;
  readonly #keep: Keep;
  /** By id; 0 means not yet known. */
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
 * The strings that the flow table refers to. It also holds addresses that few different flows have (Services,
 * the nodes' own), as strings of 16 octets.
 *
 * Names come and go with Pods. Once their number has doubled since the last renewal, new dictionaries begin,
 * and each row moves over when it is next touched. The owner moves the rest by `adopt`, then calls `renewed`.
 * A flag in the row shows its dictionaries. Batches that left with the old one keep it.
 *
 * Each exporter has room for a bounded number of octets of names, and so have all together. Names beyond that
 * are left out and counted.
 */
export class Names {
  dictionary = new Dictionary();
  addresses = new Dictionary();
  /** The current sender, by its number in the shares. */
  exporter = 0;
  /** Names that were left out since this was last set to 0. */
  leftOut = 0;
  /** `FlowFlag.generation` of rows that refer to the current dictionaries. */
  generation = 0;
  #outgoing: { readonly strings: Translation; readonly addresses: Translation } | undefined;
  #translations = new WeakMap<Dictionary, Translation>();
  readonly #shares: ExporterShares;
  #most = FEW;
  #mostOctets = FEW_OCTETS;
  #isShort = false;
  #looks = 0;
  /** Strings, and addresses, that count for an exporter. */
  #countedStrings = 1;
  #countedAddresses = 1;
  /** The owner of the row being moved. */
  #owner = 0;
  /** Names that a row already has are kept. */
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

  get memoryOctets(): number {
    return this.dictionary.octets + this.addresses.octets;
  }

  /** Translates the ids of batches with this dictionary. Valid until `dictionary` changes. */
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

  /** Writes an address into `words[at…at+3]`. */
  readAddress(id: number, words: Uint32Array, at: number): void {
    const { bytes, offsets } = this.addresses;
    const start = offsets[id]!;
    for (let i = 0; i < ADDRESS_OCTETS; i++) addressOctets[i] = bytes[start + i]!;
    for (let i = 0; i < 4; i++) words[at + i] = addressWords[i]!;
  }

  /**
   * Begins new dictionaries when the names in use have doubled, or names were left out. Returns whether it
   * did. Call periodically.
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

  /** Moves the row `at` of a page to the current dictionaries, if it is not there yet. */
  adopt({ words, exporters }: NamedRows, at: number): void {
    const base = at * ROW_WORDS;
    if ((words[base + FLAGS]! & FlowFlag.generation) === this.generation) return;
    words[base + FLAGS]! ^= FlowFlag.generation;
    this.#owner = exporters[at]!;
    const { strings, addresses } = this.#outgoing!;
    for (const offset of stringOffsets) words[base + offset] = strings.id(words[base + offset]!);
    for (const offset of addressOffsets) words[base + offset] = addresses.id(words[base + offset]!);
  }

  /** Every row has been adopted: drops the outgoing dictionaries. */
  renewed(): void {
    this.#outgoing = undefined;
    this.#most = Math.max(FEW, 2 * this.#count());
    this.#mostOctets = Math.max(FEW_OCTETS, 2 * this.memoryOctets);
  }

  #isDue(): boolean {
    if (this.#isShort && this.#looks >= LOOKS_BETWEEN) return true;
    return this.#count() >= this.#most || this.memoryOctets >= this.#mostOctets;
  }

  #hasRoom(length: number): boolean {
    const octets = length + STRING_OCTETS;
    const all = this.memoryOctets + STRING_OCTETS * this.#count();
    return (
      this.#shares.nameOctets[this.exporter]! + octets <= MAX_EXPORTER_OCTETS && all + octets <= MAX_OCTETS
    );
  }

  /** Charges a new string to an exporter. */
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
