/** What a kernel keeps of a TCP connection's unacknowledged octets at most, by Linux's default (net.ipv4.tcp_wmem). */
const SEND_BUFFER_OCTETS = 4 * 1024 * 1024;
const BUCKETS = 64;

/**
 * How many records are in the last octets that were handed to the kernel: as many of them as its send
 * buffer holds may be lost when a connection dies, and nothing tells which. An upper bound, in buckets.
 */
export class RecentRecords {
  readonly #octets = new Float64Array(BUCKETS);
  readonly #records = new Float64Array(BUCKETS);
  #bucket = 0;

  add(octets: number, records: number): void {
    if (this.#octets[this.#bucket]! >= SEND_BUFFER_OCTETS / (BUCKETS - 1)) {
      this.#bucket = (this.#bucket + 1) % BUCKETS;
      this.#octets[this.#bucket] = 0;
      this.#records[this.#bucket] = 0;
    }
    this.#octets[this.#bucket]! += octets;
    this.#records[this.#bucket]! += records;
  }

  get records(): number {
    return this.#records.reduce((sum, records) => sum + records, 0);
  }
}
