import type { ExporterShares } from './exporter-shares.ts';
import { FlowIndex } from './flow-index.ts';
import { FlowKey, hashKey } from './flow-key.ts';
import {
  FLAGS,
  FlowFlag,
  KEY,
  KEY_WORDS,
  ROW_HALVES,
  ROW_OCTETS,
  ROW_WORDS,
  SERVICE_IP,
  SERVICE_PORT,
} from './flow-row.ts';
import type { Names } from './names.ts';

const PAGE_BITS = 12;
export const PAGE_ROWS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_ROWS - 1;

/** `due` and `updated` of a free row. */
export const NEVER = 0xffff_ffff;

/** Rows of the table: one buffer under four views, and beside it the times that are scanned each tick. */
export class FlowPage {
  readonly doubles: Float64Array;
  readonly words: Uint32Array;
  readonly halves: Uint16Array;
  readonly octets: Uint8Array;
  /** When to check a row next, in tenths of a second since the aggregator was made. */
  readonly due = new Uint32Array(PAGE_ROWS).fill(NEVER);
  /** When its last record arrived, likewise. */
  readonly updated = new Uint32Array(PAGE_ROWS).fill(NEVER);
  /** The exporter that opened a row, by its number in `ExporterShares`. */
  readonly exporters = new Uint16Array(PAGE_ROWS);

  constructor() {
    const buffer = new ArrayBuffer(PAGE_ROWS * ROW_OCTETS);
    this.doubles = new Float64Array(buffer);
    this.words = new Uint32Array(buffer);
    this.halves = new Uint16Array(buffer);
    this.octets = new Uint8Array(buffer);
  }
}

/**
 * All live flows: rows in pages of 4096, found by key. Pages are never copied or moved, and freed rows are
 * reused first. A row allocates nothing but its share of a page and of the index.
 */
export class FlowTable {
  readonly pages: FlowPage[] = [];
  readonly #names: Names;
  readonly #shares: ExporterShares;
  readonly #index = new FlowIndex();
  readonly #alias = new FlowKey();
  /** Closed rows, chained by their first key word. */
  #firstFree = -1;
  /** Number of rows ever used. */
  #used = 0;
  #live = 0;

  constructor(names: Names, shares: ExporterShares) {
    this.#names = names;
    this.#shares = shares;
  }

  /** Rows in use. */
  get live(): number {
    return this.#live;
  }

  /** Bytes held by pages and index. */
  get memoryOctets(): number {
    return this.pages.length * PAGE_ROWS * (ROW_OCTETS + 10) + this.#index.memoryOctets;
  }

  page(row: number): FlowPage {
    return this.pages[row >>> PAGE_BITS]!;
  }

  /** First row with this key, or -1; `next` returns the others. One walk at a time. */
  first(key: FlowKey): number {
    return this.#matching(key, this.#index.first(key.hash));
  }

  next(key: FlowKey): number {
    return this.#matching(key, this.#index.next());
  }

  readKey(row: number, into: FlowKey): void {
    into.set(this.page(row).words, rowAt(row) * ROW_WORDS + KEY);
  }

  /** The row's key with the destination before NAT, if it is known by that, too. @returns whether it is */
  readAlias(row: number, into: FlowKey): boolean {
    const flags = this.page(row).words[rowAt(row) * ROW_WORDS + FLAGS]!;
    if ((flags & FlowFlag.hasAlias) === 0) return false;
    into.set(this.#aliasOf(row).words, 0);
    return true;
  }

  /**
   * A cleared row with this key.
   * @param exporter the number of the exporter that opens it
   */
  open(key: FlowKey, exporter: number): number {
    const row = this.#firstFree >= 0 ? this.#reuse() : this.#use();
    const { words, exporters } = this.page(row);
    const base = rowAt(row) * ROW_WORDS;
    exporters[rowAt(row)] = exporter;
    this.#shares.flows[exporter]!++;
    for (let i = 0; i < KEY_WORDS; i++) words[base + KEY + i] = key.words[i]!;
    words[base + FLAGS] = this.#names.generation;
    this.#index.add(key.hash, row);
    this.#live++;
    return row;
  }

  /** Makes the row known by its destination before NAT as well, which may not change from now on. */
  addAlias(row: number): void {
    const { words } = this.page(row);
    words[rowAt(row) * ROW_WORDS + FLAGS]! |= FlowFlag.hasAlias;
    this.#index.add(this.#aliasOf(row).hash, row);
  }

  /** For a row without an alias. */
  changeKey(row: number, key: FlowKey): void {
    const { words } = this.page(row);
    const at = rowAt(row) * ROW_WORDS + KEY;
    this.#index.remove(hashKey(words, at), row);
    words.set(key.words, at);
    this.#index.add(key.hash, row);
  }

  close(row: number): void {
    const page = this.page(row);
    const at = rowAt(row);
    const base = at * ROW_WORDS;
    this.#index.remove(hashKey(page.words, base + KEY), row);
    if ((page.words[base + FLAGS]! & FlowFlag.hasAlias) !== 0)
      this.#index.remove(this.#aliasOf(row).hash, row);
    page.words[base + KEY] = this.#firstFree + 1;
    page.due[at] = NEVER;
    page.updated[at] = NEVER;
    this.#shares.flows[page.exporters[at]!]!--;
    this.#firstFree = row;
    this.#live--;
  }

  /** All rows in use. */
  *rows(): Generator<number> {
    for (const [number, page] of this.pages.entries()) {
      for (let at = 0; at < PAGE_ROWS; at++) {
        if (page.updated[at] !== NEVER) yield number * PAGE_ROWS + at;
      }
    }
  }

  /** The candidate when it has the key, otherwise the next row that has it. */
  #matching(key: FlowKey, candidate: number): number {
    let row = candidate;
    while (row >= 0 && !this.#has(row, key)) row = this.#index.next();
    return row;
  }

  #has(row: number, key: FlowKey): boolean {
    const { words } = this.page(row);
    const base = rowAt(row) * ROW_WORDS;
    if (isKeyAt(words, base + KEY, key.words)) return true;
    return (
      (words[base + FLAGS]! & FlowFlag.hasAlias) !== 0 && isKeyAt(this.#aliasOf(row).words, 0, key.words)
    );
  }

  /** The row's key with the destination before NAT. */
  #aliasOf(row: number): FlowKey {
    const page = this.page(row);
    const { words, halves } = page;
    const base = rowAt(row) * ROW_WORDS;
    const alias = this.#alias;
    this.#names.adopt(page, rowAt(row));
    alias.words.set(words.subarray(base + KEY, base + KEY + KEY_WORDS));
    this.#names.readAddress(words[base + SERVICE_IP]!, alias.words, 4);
    alias.setDestinationPort(halves[rowAt(row) * ROW_HALVES + SERVICE_PORT]!);
    return alias;
  }

  #reuse(): number {
    const row = this.#firstFree;
    const { words } = this.page(row);
    const base = rowAt(row) * ROW_WORDS;
    this.#firstFree = words[base + KEY]! - 1;
    words.fill(0, base, base + ROW_WORDS);
    return row;
  }

  #use(): number {
    if (this.#used === this.pages.length * PAGE_ROWS) this.pages.push(new FlowPage());
    return this.#used++;
  }
}

/** Number of a row within its page. */
export function rowAt(row: number): number {
  return row & PAGE_MASK;
}

function isKeyAt(words: Uint32Array, at: number, wanted: Uint32Array): boolean {
  for (let i = 0; i < KEY_WORDS; i++) if (words[at + i] !== wanted[i]) return false;
  return true;
}
