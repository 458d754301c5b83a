/** Maximum packets of a batch, and distinct labels (group and prefix) among them. */
export const BATCH_ROWS = 4096;
const BATCH_LABELS = 256;
/** Longest prefix of a log rule: NF_LOG_PREFIXLEN (net/netfilter/nf_log.h). */
const LABEL_OCTETS = 128;

/** Counts of a batch beside its rows. `packets` = rows + truncated + malformed + notIp. */
export const Count = {
  packets: 0,
  /** Dropped: the copied octets end before the ports, or the ICMP type, do. */
  truncated: 1,
  /** Dropped: an inconsistent netlink message or IP header. */
  malformed: 2,
  /** Dropped: ARP and others that a bridge or netdev rule may log. */
  notIp: 3,
  /** Rows of later fragments, which have no ports. */
  fragments: 4,
  /** Rows whose IP header has no length (a packet over 64 KiB before segmentation): counted as copied. */
  lengthUnknown: 5,
  /** Packets that the kernel could not deliver: gaps in the groups' sequence numbers. */
  lost: 6,
  /** How often the kernel reported that (ENOBUFS). */
  overruns: 7,
} as const;
const COUNTS = Object.keys(Count).length;

/**
 * The side whose policy denied a packet: the receiver's or the sender's. For a forwarded packet, that of the
 * end on this node.
 */
export const PacketDirection = { ingress: 1, egress: 2, forward: 3 } as const;

/**
 * Logged packets as columns of one transferable buffer. The worker fills it, the main thread reads it. A row
 * refers to its group and prefix by a label: an index into the batch's own table.
 */
export class PacketBatch {
  readonly buffer: ArrayBuffer;
  readonly counts: Float64Array;
  /** Milliseconds since 1970: when the kernel got the packet, else when it was read. */
  readonly timeMs: Float64Array;
  /** Four words a row, IPv4 mapped into IPv6. */
  readonly source: Uint32Array;
  readonly destination: Uint32Array;
  /** Where it was sent before destination NAT; no address when it was sent to its destination. */
  readonly service: Uint32Array;
  /** Of the whole packet, from its IP header. */
  readonly octets: Uint32Array;
  readonly ingressInterface: Uint32Array;
  readonly egressInterface: Uint32Array;
  readonly label: Uint16Array;
  /** For an ICMP query or reply, its identifier, as in connection tracking. */
  readonly sourcePort: Uint16Array;
  readonly destinationPort: Uint16Array;
  readonly servicePort: Uint16Array;
  /** Type times 256 plus code; 0 for other protocols. */
  readonly icmpTypeCode: Uint16Array;
  readonly vlanId: Uint16Array;
  readonly tcpControlBits: Uint16Array;
  readonly protocol: Uint8Array;
  readonly classOfService: Uint8Array;
  /** A `PacketDirection`. */
  readonly direction: Uint8Array;
  /** Rows filled. */
  length = 0;
  labels = 0;
  readonly #labelGroups: Uint16Array;
  readonly #labelLengths: Uint8Array;
  readonly #labelBytes: Uint8Array;
  #lastLabel = 0;

  /**
   * A view of `BATCH_OCTETS` octets, which keep their contents: `clear()` before filling, `open()` before
   * reading.
   */
  constructor(buffer: ArrayBuffer) {
    this.buffer = buffer;
    const at = new Carver(buffer);
    this.counts = at.carve(Float64Array, COUNTS + 1);
    this.timeMs = at.carve(Float64Array, BATCH_ROWS);
    this.source = at.carve(Uint32Array, 4 * BATCH_ROWS);
    this.destination = at.carve(Uint32Array, 4 * BATCH_ROWS);
    this.service = at.carve(Uint32Array, 4 * BATCH_ROWS);
    this.octets = at.carve(Uint32Array, BATCH_ROWS);
    this.ingressInterface = at.carve(Uint32Array, BATCH_ROWS);
    this.egressInterface = at.carve(Uint32Array, BATCH_ROWS);
    this.label = at.carve(Uint16Array, BATCH_ROWS);
    this.sourcePort = at.carve(Uint16Array, BATCH_ROWS);
    this.destinationPort = at.carve(Uint16Array, BATCH_ROWS);
    this.servicePort = at.carve(Uint16Array, BATCH_ROWS);
    this.icmpTypeCode = at.carve(Uint16Array, BATCH_ROWS);
    this.vlanId = at.carve(Uint16Array, BATCH_ROWS);
    this.tcpControlBits = at.carve(Uint16Array, BATCH_ROWS);
    this.#labelGroups = at.carve(Uint16Array, BATCH_LABELS);
    this.protocol = at.carve(Uint8Array, BATCH_ROWS);
    this.classOfService = at.carve(Uint8Array, BATCH_ROWS);
    this.direction = at.carve(Uint8Array, BATCH_ROWS);
    this.#labelLengths = at.carve(Uint8Array, BATCH_LABELS);
    this.#labelBytes = at.carve(Uint8Array, BATCH_LABELS * LABEL_OCTETS);
  }

  /** Empties the batch for filling. */
  clear(): this {
    this.counts.fill(0);
    this.length = 0;
    this.labels = 0;
    this.#lastLabel = 0;
    return this;
  }

  /** Reads the lengths of a batch that another thread filled and sealed. */
  open(rows: number): this {
    this.length = rows;
    this.labels = this.counts[COUNTS]!;
    return this;
  }

  /** Stores what `open()` needs. Returns the number of rows. */
  seal(): number {
    this.counts[COUNTS] = this.labels;
    return this.length;
  }

  get isFull(): boolean {
    return this.length === BATCH_ROWS || this.labels === BATCH_LABELS;
  }

  /** Whether it has neither rows nor counts. */
  get isEmpty(): boolean {
    return this.length === 0 && this.counts.every((count) => count === 0);
  }

  /** Number of the label with this group and the prefix in bytes[start, end). The batch must not be full. */
  labelOf(group: number, bytes: Uint8Array, start: number, end: number): number {
    const length = Math.min(end - start, LABEL_OCTETS);
    if (this.#isLabel(this.#lastLabel, group, bytes, start, length)) return this.#lastLabel;
    let label = 0;
    while (label < this.labels && !this.#isLabel(label, group, bytes, start, length)) label++;
    if (label === this.labels) this.#addLabel(group, bytes, start, length);
    this.#lastLabel = label;
    return label;
  }

  groupOf(label: number): number {
    return this.#labelGroups[label]!;
  }

  /** The prefix of a label as text. Allocates. */
  prefixOf(label: number): string {
    const start = label * LABEL_OCTETS;
    return utf8.decode(this.#labelBytes.subarray(start, start + this.#labelLengths[label]!));
  }

  #isLabel(label: number, group: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (label >= this.labels) return false;
    if (this.#labelGroups[label] !== group || this.#labelLengths[label] !== length) return false;
    const known = this.#labelBytes;
    const at = label * LABEL_OCTETS;
    for (let i = 0; i < length; i++) if (known[at + i] !== bytes[start + i]) return false;
    return true;
  }

  #addLabel(group: number, bytes: Uint8Array, start: number, length: number): void {
    const label = this.labels++;
    this.#labelGroups[label] = group;
    this.#labelLengths[label] = length;
    this.#labelBytes.set(bytes.subarray(start, start + length), label * LABEL_OCTETS);
  }
}

const utf8 = new TextDecoder();

interface TypedArray<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, offset: number, length: number): A;
}

/** Cuts typed arrays out of a buffer one after another, the widest first so that each is aligned. */
class Carver {
  readonly #buffer: ArrayBuffer;
  #offset = 0;

  constructor(buffer: ArrayBuffer) {
    this.#buffer = buffer;
  }

  carve<A>(type: TypedArray<A>, length: number): A {
    const array = new type(this.#buffer, this.#offset, length);
    this.#offset += length * type.BYTES_PER_ELEMENT;
    return array;
  }
}

/** Octets of a row: 1 double, 12 + 3 words, 7 halves and 3 octets. */
const ROW_OCTETS = 8 + 15 * 4 + 7 * 2 + 3;

/** Octets of a batch's buffer. */
export const BATCH_OCTETS =
  (COUNTS + 1) * 8 + BATCH_ROWS * ROW_OCTETS + BATCH_LABELS * (2 + 1 + LABEL_OCTETS);
