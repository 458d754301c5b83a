/** Exporters that are told apart. */
const MOST = 4096;
/** The number of all others together. */
const OTHERS = 0;

/** What each exporter has in the flow table. Exporters are known by a number here, which fits 16 bits. */
export class ExporterShares {
  /** By exporter: flows in the table, and octets of names that it brought. */
  readonly flows = new Uint32Array(MOST);
  readonly nameOctets = new Float64Array(MOST);
  /** Numbers hold as long as this is the same. */
  generation = 0;
  readonly #numbers = new Map<string, number>();
  #free: number[] = [];
  #used = OTHERS + 1;

  /** @param address without the port, which changes with each session; '' for this process */
  numberOf(address: string): number {
    const known = this.#numbers.get(address);
    if (known !== undefined) return known;
    if (this.#free.length === 0 && this.#used === MOST) this.#forgetAbsent();
    const number = this.#free.pop() ?? (this.#used < MOST ? this.#used++ : OTHERS);
    if (number !== OTHERS) this.#numbers.set(address, number);
    return number;
  }

  /** Who has the most flows. */
  get largest(): number {
    let largest = OTHERS;
    for (let number = 1; number < this.#used; number++) {
      if (this.flows[number]! > this.flows[largest]!) largest = number;
    }
    return largest;
  }

  /** Gives the numbers of those without flows to others. */
  #forgetAbsent(): void {
    this.generation++;
    for (const [address, number] of this.#numbers) {
      if (this.flows[number] !== 0) continue;
      this.#numbers.delete(address);
      this.nameOctets[number] = 0;
      this.#free.push(number);
    }
  }
}
