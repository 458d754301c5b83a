import { type ConnectionBatch, RowKind } from './conntrack/index.ts';

/** The phase of a connection, as far as the kernel has reported. */
export const Phase = {
  /** In the kernel's table. */
  live: 0,
  /** Not in the last complete dump; a destroy event may be on its way. */
  missing: 1,
  /** It ended without a destroy event. A late one still finds it. */
  gone: 2,
  /** Its destroy event has arrived. A dump that was in progress then may still show it. */
  destroyed: 3,
  /** Nothing more can arrive. */
  over: 4,
} as const;

/** Bits of `flags`. */
export const Flag = {
  /** The kernel has reported counters, or that it has none: the connection was in a dump or destroy event. */
  known: 1,
  /** Something changed since the last record. */
  unreported: 2,
  /** No packet during the idle timeout. */
  idle: 4,
  /** Kept to be recognised, never exported. */
  leftOut: 8,
  /** It began before the agent did: an earlier agent may have reported its counts until then. */
  older: 16,
  /** A TCP connection was reset, and no packet has arrived since those in flight. */
  quiet: 32,
  /**
   * An older connection whose start the kernel does not report, or no longer correctly: each run of the agent
   * would assume another time.
   */
  undated: 64,
} as const;

/** `find` and `insert` return it for no row. */
export const NO_ROW = -1;

/** Words of a row in `addresses`, and the offset of each of the four addresses. */
export const ADDRESS_WORDS = 16;
export const ORIGINAL_SOURCE = 0;
export const ORIGINAL_DESTINATION = 4;
export const REPLY_SOURCE = 8;
export const REPLY_DESTINATION = 12;

const NEVER_MISSING = 0xffff_ffff;

/** Few enough that the processor still has all of them when the last is searched. */
export const FETCHED_TOGETHER = 64;

/**
 * The connections of a node as columns of fixed capacity, found by open addressing. Zone, the kernel's id,
 * both tuples and the start, when the kernel has it, identify a connection: a reused 5-tuple is another
 * connection.
 *
 * All memory is reserved at once, about 217 octets a row; the system provides it when a row is first used.
 */
export class ConnectionTable {
  readonly capacity: number;
  /** A row outside the table, for a connection that found no place in it. */
  readonly spareRow: number;

  readonly id: Uint32Array;
  readonly zone: Uint16Array;
  readonly protocol: Uint8Array;
  /** 16 words a row: original source and destination, reply source and destination. */
  readonly addresses: Uint32Array;
  /** 4 a row, in the same order. For ICMP: the identifier as source, type × 256 + code as destination. */
  readonly ports: Uint16Array;
  /** 4 a row: packets and octets, reply packets and octets. NaN: the kernel does not count them. */
  readonly totals: Float64Array;
  /**
   * The totals in the last record. Before the first record: zero, or for an older connection its first known
   * totals.
   */
  readonly recorded: Float64Array;
  /**
   * The kernel's time of the first packet in ms since 1970, NaN without one: part of the connection's
   * identity.
   */
  readonly startMs: Float64Array;
  /**
   * When the first packet arrived, as far as known. This and all other times are monotonic, in milliseconds.
   */
  readonly beganMs: Float64Array;
  readonly lastPacketMs: Float64Array;
  /** The start of the current active timeout. */
  readonly activeSinceMs: Float64Array;
  /** When the kernel would remove the connection; used only when packets are not counted. */
  readonly expiryMs: Float64Array;
  /** When to examine a row; scanned from end to end. */
  readonly deadlineMs: Float64Array;
  /** Number of the last dump that had begun when the connection was last seen. */
  readonly seenIn: Uint32Array;
  readonly status: Uint32Array;
  readonly tcpState: Uint8Array;
  readonly phase: Uint8Array;
  readonly flags: Uint8Array;
  /** flowEndReason of the last record, 0 before the first. */
  readonly endReason: Uint8Array;
  /** `FlowEnds`: where the two ends are; 0 before that is known. */
  readonly ends: Uint8Array;
  /** `DirectionFlag`: which end opened the connection; 0 before that is known. */
  readonly direction: Uint8Array;

  /** Written by `fetch`, since the engine leaves out a read whose value nobody uses. */
  fetched = 0;
  readonly #begins = new Int32Array(FETCHED_TOGETHER);
  readonly #hash: Uint32Array;
  readonly #nextFree: Int32Array;
  /** Row + 1, or 0 when free. At most half are taken. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #seed = (Math.random() * 0x1_0000_0000) | 0;
  #firstFree: number = NO_ROW;
  #highWater = 0;
  #size = 0;

  constructor(capacity: number) {
    const rows = capacity + 1;
    this.capacity = capacity;
    this.spareRow = capacity;
    this.id = new Uint32Array(rows);
    this.zone = new Uint16Array(rows);
    this.protocol = new Uint8Array(rows);
    this.addresses = new Uint32Array(rows * ADDRESS_WORDS);
    this.ports = new Uint16Array(rows * 4);
    this.totals = new Float64Array(rows * 4);
    this.recorded = new Float64Array(rows * 4);
    this.startMs = new Float64Array(rows);
    this.beganMs = new Float64Array(rows);
    this.lastPacketMs = new Float64Array(rows);
    this.activeSinceMs = new Float64Array(rows);
    this.expiryMs = new Float64Array(rows);
    this.deadlineMs = new Float64Array(rows);
    this.seenIn = new Uint32Array(rows);
    this.status = new Uint32Array(rows);
    this.tcpState = new Uint8Array(rows);
    this.phase = new Uint8Array(rows);
    this.flags = new Uint8Array(rows);
    this.endReason = new Uint8Array(rows);
    this.ends = new Uint8Array(rows);
    this.direction = new Uint8Array(rows);
    this.#hash = new Uint32Array(rows);
    this.#nextFree = new Int32Array(rows);
    const slots = 2 ** Math.ceil(Math.log2(2 * capacity));
    this.#slots = new Int32Array(slots);
    this.#mask = slots - 1;
  }

  get size(): number {
    return this.#size;
  }

  isUsed(row: number): boolean {
    return this.seenIn[row] !== NEVER_MISSING;
  }

  /** One more than the last row ever used. Free rows below it have no deadline and are never missing. */
  get highWater(): number {
    return this.#highWater;
  }

  /**
   * Reads where `find` begins for the rows of a batch from this one on, `FETCHED_TOGETHER` of them. Memory
   * answers many such reads at once, but the searches themselves would wait for one after the other.
   */
  fetch(batch: ConnectionBatch, from: number): void {
    const { id, zone } = batch;
    const slots = this.#slots;
    const rows = Math.min(FETCHED_TOGETHER, batch.rows - from);
    for (let i = 0; i < rows; i++)
      this.#begins[i] = this.#hashOf(id[from + i]!, zone[from + i]!) & this.#mask;
    let read = 0;
    for (let i = 0; i < rows; i++) read ^= slots[this.#begins[i]!]!;
    this.fetched = read;
  }

  /**
   * The row of the connection in a batch's row, or NO_ROW. A destroyed connection matches only a dump. New
   * and update events have no start time; then zone, id and tuples decide.
   */
  find(batch: ConnectionBatch, at: number): number {
    const hash = this.#hashOf(batch.id[at]!, batch.zone[at]!);
    const isDump = batch.kind[at] === RowKind.dump;
    const start = batch.startTimeMs[at]!;
    let likely = NO_ROW;
    for (let slot = hash & this.#mask; this.#slots[slot] !== 0; slot = (slot + 1) & this.#mask) {
      const row = this.#slots[slot]! - 1;
      if (this.#hash[row] !== hash || !this.#hasTuples(row, batch, at)) continue;
      if (this.phase[row]! >= Phase.destroyed && !isDump) continue;
      const known = this.startMs[row]!;
      if (known === start) return row;
      if (likely === NO_ROW && (Number.isNaN(known) || Number.isNaN(start))) likely = row;
    }
    return likely;
  }

  /** A new row with the identity from a batch's row and nothing else; NO_ROW when the table is full. */
  insert(batch: ConnectionBatch, at: number): number {
    const row = this.#takeRow();
    if (row === NO_ROW) return NO_ROW;
    this.identify(row, batch, at);
    const hash = this.#hashOf(batch.id[at]!, batch.zone[at]!);
    this.#hash[row] = hash;
    let slot = hash & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = row + 1;
    this.#size++;
    return row;
  }

  /** Writes the identity from a batch's row into a row, and resets everything else. */
  identify(row: number, batch: ConnectionBatch, at: number): void {
    const { original, reply } = batch;
    this.id[row] = batch.id[at]!;
    this.zone[row] = batch.zone[at]!;
    this.protocol[row] = batch.protocol[at]!;
    const word = row * ADDRESS_WORDS;
    for (let i = 0; i < 4; i++) {
      this.addresses[word + ORIGINAL_SOURCE + i] = original.source[4 * at + i]!;
      this.addresses[word + ORIGINAL_DESTINATION + i] = original.destination[4 * at + i]!;
      this.addresses[word + REPLY_SOURCE + i] = reply.source[4 * at + i]!;
      this.addresses[word + REPLY_DESTINATION + i] = reply.destination[4 * at + i]!;
    }
    const port = 4 * row;
    this.ports[port] = original.sourcePort[at]! | original.icmpId[at]!;
    this.ports[port + 1] = original.destinationPort[at]! | typeCode(original.icmpType, original.icmpCode, at);
    this.ports[port + 2] = reply.sourcePort[at]! | reply.icmpId[at]!;
    this.ports[port + 3] = reply.destinationPort[at]! | typeCode(reply.icmpType, reply.icmpCode, at);
    this.totals.fill(Number.NaN, 4 * row, 4 * row + 4);
    this.recorded.fill(0, 4 * row, 4 * row + 4);
    this.startMs[row] = batch.startTimeMs[at]!;
    this.expiryMs[row] = Number.POSITIVE_INFINITY;
    this.deadlineMs[row] = Number.POSITIVE_INFINITY;
    this.seenIn[row] = 0;
    this.status[row] = 0;
    this.tcpState[row] = 0;
    this.phase[row] = Phase.live;
    this.flags[row] = 0;
    this.endReason[row] = 0;
    this.ends[row] = 0;
    this.direction[row] = 0;
  }

  remove(row: number): void {
    let free = this.#slotOf(row);
    for (let slot = free; ; ) {
      slot = (slot + 1) & this.#mask;
      const next = this.#slots[slot]!;
      if (next === 0) break;
      // A row may move back to the free slot unless its own place lies after it.
      const home = this.#hash[next - 1]! & this.#mask;
      if (((slot - home) & this.#mask) < ((slot - free) & this.#mask)) continue;
      this.#slots[free] = next;
      free = slot;
    }
    this.#slots[free] = 0;
    this.deadlineMs[row] = Number.POSITIVE_INFINITY;
    this.seenIn[row] = NEVER_MISSING;
    this.phase[row] = Phase.live;
    this.#nextFree[row] = this.#firstFree;
    this.#firstFree = row;
    this.#size--;
  }

  #takeRow(): number {
    const row = this.#firstFree;
    if (row === NO_ROW) return this.#highWater < this.capacity ? this.#highWater++ : NO_ROW;
    this.#firstFree = this.#nextFree[row]!;
    return row;
  }

  #slotOf(row: number): number {
    let slot = this.#hash[row]! & this.#mask;
    while (this.#slots[slot] !== row + 1) slot = (slot + 1) & this.#mask;
    return slot;
  }

  /** The kernel's id is itself a keyed hash of the connection, so id and zone spread well enough. */
  #hashOf(id: number, zone: number): number {
    let hash = Math.imul(id ^ this.#seed, 0x9e3779b1) ^ zone;
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  }

  #hasTuples(row: number, batch: ConnectionBatch, at: number): boolean {
    const { original, reply } = batch;
    if (this.id[row] !== batch.id[at] || this.zone[row] !== batch.zone[at]) return false;
    if (this.protocol[row] !== batch.protocol[at]) return false;
    const port = 4 * row;
    if (this.ports[port] !== (original.sourcePort[at]! | original.icmpId[at]!)) return false;
    if (this.ports[port + 2] !== (reply.sourcePort[at]! | reply.icmpId[at]!)) return false;
    const opening = original.destinationPort[at]! | typeCode(original.icmpType, original.icmpCode, at);
    if (this.ports[port + 1] !== opening) return false;
    const answer = reply.destinationPort[at]! | typeCode(reply.icmpType, reply.icmpCode, at);
    if (this.ports[port + 3] !== answer) return false;
    const word = row * ADDRESS_WORDS;
    return (
      isSame(this.addresses, word + ORIGINAL_SOURCE, original.source, 4 * at) &&
      isSame(this.addresses, word + ORIGINAL_DESTINATION, original.destination, 4 * at) &&
      isSame(this.addresses, word + REPLY_SOURCE, reply.source, 4 * at) &&
      isSame(this.addresses, word + REPLY_DESTINATION, reply.destination, 4 * at)
    );
  }
}

/** Whether two addresses of four words are equal. */
export function isSame(
  one: ArrayLike<number>,
  at: number,
  other: ArrayLike<number>,
  otherAt: number,
): boolean {
  return (
    one[at] === other[otherAt] &&
    one[at + 1] === other[otherAt + 1] &&
    one[at + 2] === other[otherAt + 2] &&
    one[at + 3] === other[otherAt + 3]
  );
}

function typeCode(type: Uint8Array, code: Uint8Array, at: number): number {
  return (type[at]! << 8) | code[at]!;
}
