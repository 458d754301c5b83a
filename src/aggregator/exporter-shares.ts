/** Maximum exporters with their own numbers. */
const MOST = 4096;
/** The number of all others together. */
const OTHERS = 0;

/** The share of each exporter in the flow table. Exporters have numbers of 16 bits here. */
export class ExporterShares {
  /** By exporter: flows in the table, and octets of its names. */
  readonly flows = new Uint32Array(MOST);
  readonly nameOctets = new Float64Array(MOST);
  /** Numbers are valid while this is unchanged. */
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

  /** The exporter with the most flows. */
  get largest(): number {
    let largest = OTHERS;
    for (let number = 1; number < this.#used; number++) {
      if (this.flows[number]! > this.flows[largest]!) largest = number;
    }
    return largest;
  }

  /** Frees the numbers of exporters without flows. */
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
