/** The part of the corpus to which a world belongs: rules are tuned on one and judged on the other. */
export type Half = 'tuning' | 'judged';

const bands = 10;

/** Reproducible randomness: the same for the same seed, with one stream for each name. */
export class Random {
  readonly #seed: string;
  readonly #half: Half;
  #state: number;
  #spare: number | undefined;

  constructor(half: Half, seed: string) {
    this.#seed = seed;
    this.#half = half;
    this.#state = hashOf(`${half}/${seed}`);
  }

  /** An independent stream, so that a draw in one place changes nothing elsewhere. */
  stream(name: string): Random {
    return new Random(this.#half, `${this.#seed}/${name}`);
  }

  /** Mulberry32: from 0 up to but without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  uniform(from: number, to: number): number {
    return from + (to - from) * this.next();
  }

  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  /**
   * A parameter of the corpus between `from` and `to`. The range is cut into ten bands, and each half has
   * every other one. So rules are never judged on a parameter on which they were tuned.
   */
  parameter(from: number, to: number): number {
    const band = 2 * this.integer(0, bands / 2 - 1) + (this.#half === 'tuning' ? 0 : 1);
    return from + ((to - from) * (band + this.next())) / bands;
  }

  /** As `parameter`, with as many values between 1 and 10 as between 10 and 100. */
  logParameter(from: number, to: number): number {
    return Math.exp(this.parameter(Math.log(from), Math.log(to)));
  }

  /** Mean 0 and variance 1 (Box and Muller). */
  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    const angle = 2 * Math.PI * this.next();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Mean 1, lognormal with the coefficient of variation `variation`. */
  factor(variation: number): number {
    const variance = Math.log(1 + variation * variation);
    return Math.exp(Math.sqrt(variance) * this.normal() - variance / 2);
  }

  poisson(mean: number): number {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count++;
    return count;
  }
}

/** FNV-1a over UTF-16, mixed once more, since seeds differ in few characters. */
function hashOf(text: string): number {
  let value = 2_166_136_261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16_777_619);
  value = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  return (value ^ (value >>> 16)) >>> 0;
}
