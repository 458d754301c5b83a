/** A part of a list that has arrived. */
export interface SplitItem {
  /** JSON. Empty for an item that is too large. */
  readonly octets: Buffer;
  readonly isTooLarge: boolean;
}

/** What a list says besides its items. */
export interface ListEnvelope {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Depth of brackets inside the array of items. */
const INSIDE_ITEMS = 2;

/** Of everything but the items. */
const MAX_ENVELOPE_OCTETS = 65_536;

/**
 * Splits the JSON of a list into its items while it arrives. So a page of any size is parsed in pieces, and
 * never stands in memory as a whole.
 */
export class ListSplitter {
  readonly #maxOctets: number;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #areItems = false;
  /** The octets of the list around its items, as text. */
  #envelope = '';
  /** The begin of an item that ends in a later chunk. */
  #pieces: Buffer[] = [];
  #itemOctets = 0;

  /** @param maxOctets of one item */
  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets;
  }

  /**
   * The items that end in this chunk.
   * @throws {SyntaxError} for what is no list
   */
  split(chunk: Buffer): SplitItem[] {
    const items: SplitItem[] = [];
    // Locals, since each octet passes here.
    let [depth, isInString, isEscaped] = [this.#depth, this.#isInString, this.#isEscaped];
    /** Where the part begins that is neither in an item nor in the envelope yet. */
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at];
      if (isInString) {
        if (isEscaped) isEscaped = false;
        else if (octet === BACKSLASH) isEscaped = true;
        else if (octet === QUOTE) isInString = false;
      } else if (octet === QUOTE) {
        isInString = true;
      } else if (octet === OPEN_OBJECT || octet === OPEN_ARRAY) {
        depth++;
        if (depth !== INSIDE_ITEMS || octet !== OPEN_ARRAY) continue;
        this.#addEnvelope(chunk.subarray(start, at + 1));
        this.#areItems = /[{,]\s*"items"\s*:\s*\[$/.test(this.#envelope);
        start = at + 1;
      } else if (octet === CLOSE_OBJECT || octet === CLOSE_ARRAY) {
        depth--;
        if (depth > INSIDE_ITEMS || !this.#areItems) continue;
        if (depth === INSIDE_ITEMS) {
          this.#addPiece(chunk.subarray(start, at + 1));
          items.push(this.#takeItem());
          start = at + 1;
        } else {
          this.#areItems = false;
          this.#takeItem();
          start = at;
        }
      } else if (octet === COMMA && depth === INSIDE_ITEMS && this.#areItems) {
        start = at + 1;
      }
    }
    [this.#depth, this.#isInString, this.#isEscaped] = [depth, isInString, isEscaped];
    const rest = chunk.subarray(start);
    if (this.#areItems) this.#addPiece(rest);
    else this.#addEnvelope(rest);
    return items;
  }

  /**
   * The list without its items.
   * @throws {SyntaxError} when it has not ended
   */
  finish(): ListEnvelope {
    const list: unknown = JSON.parse(this.#envelope);
    if (typeof list === 'object' && list !== null && !Array.isArray(list)) return list;
    throw new SyntaxError('expected a list');
  }

  #addEnvelope(octets: Buffer): void {
    this.#envelope += octets.toString('latin1');
    if (this.#envelope.length > MAX_ENVELOPE_OCTETS)
      throw new SyntaxError(`expected a list with ${MAX_ENVELOPE_OCTETS} octets at most beside its items`);
  }

  #addPiece(octets: Buffer): void {
    this.#itemOctets += octets.length;
    if (this.#itemOctets <= this.#maxOctets) this.#pieces.push(octets);
    else this.#pieces = [];
  }

  #takeItem(): SplitItem {
    const isTooLarge = this.#itemOctets > this.#maxOctets;
    const octets = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#itemOctets = 0;
    return { octets, isTooLarge };
  }
}
